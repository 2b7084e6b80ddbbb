//! A folder that looks like the user's, except for the rewritten files.
//!
//! Every folder that leads to a file of the crate is made, and everything else in it is a link. So
//! `mod`, `#[path]`, `include!` and `include_str!` find their files, whoever wrote them. The mirror
//! contains the absolute path, so two prefixes map all paths back: one for rustc, the same for the
//! list of sources.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// A mirror of the file system below `top`. Folders that lead to files of the crate are created; other
/// entries are links. So all paths in the code stay valid, including relative ones.
pub(crate) struct Mirror<'a> {
    pub(crate) top: &'a Path,
    /// Folders from here down are mirrored as a whole: the workspace.
    pub(crate) base: &'a Path,
    /// The target folder, which is never linked.
    pub(crate) target: &'a Path,
}

impl Mirror<'_> {
    /// The path in the mirror of an absolute path.
    pub(crate) fn of(&self, path: &Path) -> PathBuf {
        let relative = path.components().filter(|part| matches!(part, Component::Normal(_)));
        self.top.join(relative.collect::<PathBuf>())
    }

    /// Creates it again: with folders for `files`, and the new text of those that are `rewritten`.
    pub(crate) fn create<'p>(
        &self,
        files: impl Iterator<Item = &'p Path>,
        rewritten: &[(PathBuf, String)],
    ) -> io::Result<()> {
        match fs::remove_dir_all(self.top) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut folders = BTreeSet::new();
        for file in files {
            let above = file.ancestors().skip(1).take_while(|folder| folder.starts_with(self.base));
            folders.extend(above);
            folders.extend(file.parent());
        }
        for folder in &folders {
            self.folder(folder, &folders, rewritten)?;
        }
        Ok(())
    }

    /// Adds a link to a path outside of these folders.
    pub(crate) fn add(&self, path: &Path) -> io::Result<()> {
        let copy = self.of(path);
        if copy.exists() {
            return Ok(());
        }
        copy.parent().map_or(Ok(()), fs::create_dir_all)?;
        link(path, &copy)
    }

    fn folder(
        &self,
        folder: &Path,
        made: &BTreeSet<&Path>,
        rewritten: &[(PathBuf, String)],
    ) -> io::Result<()> {
        fs::create_dir_all(self.of(folder))?;
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if made.contains(path.as_path()) || path == self.target {
                continue;
            }
            match rewritten.iter().find(|(file, _)| *file == path) {
                Some((_, text)) => fs::write(self.of(&path), text)?,
                None => link(&path, &self.of(&path))?,
            }
        }
        Ok(())
    }
}

#[cfg(unix)]
fn link(original: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(original, link)
}

/// Symbolic links need a privilege here, so files are hard links or copies.
#[cfg(not(unix))]
fn link(original: &Path, link: &Path) -> io::Result<()> {
    if original.is_dir() {
        fs::create_dir_all(link)?;
        for entry in fs::read_dir(original)? {
            let entry = entry?;
            self::link(&entry.path(), &link.join(entry.file_name()))?;
        }
        return Ok(());
    }
    fs::hard_link(original, link).or_else(|_| fs::copy(original, link).map(|_| ()))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn files_are_rewritten_and_the_rest_is_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join("work");
        let write = |path: &str, text: &str| {
            let path = base.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("a/src/lib.rs", "old");
        write("a/src/plain.rs", "plain");
        write("README.md", "read");
        write("b/data/x.txt", "x");
        write("target/out", "");
        let mirror =
            Mirror { top: &folder.path().join("top"), base: &base, target: &base.join("target") };
        let lib = base.join("a/src/lib.rs");
        for text in ["first", "second"] {
            mirror.create([lib.as_path()].into_iter(), &[(lib.clone(), text.to_owned())]).unwrap();
            let read = |path: &str| fs::read_to_string(mirror.of(&base).join(path));
            assert_eq!(read("a/src/lib.rs").unwrap(), text);
            assert_eq!(read("a/src/plain.rs").unwrap(), "plain");
            assert_eq!(read("a/src/../../README.md").unwrap(), "read");
            assert_eq!(read("b/data/x.txt").unwrap(), "x");
            assert!(read("target/out").is_err());
        }
        assert_eq!(fs::read_to_string(&lib).unwrap(), "old");
    }
}
