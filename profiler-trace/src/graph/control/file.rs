//! The file appears under its name when it is whole. Only its owner may read it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A file beside the one that it is to become. Removed, unless it is [finished](Self::finish).
pub(super) struct Unfinished {
    file: File,
    beside: PathBuf,
}

impl Unfinished {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let mut name = OsString::from(".");
        name.push(path.file_name().ok_or(io::ErrorKind::InvalidInput)?);
        name.push(format!(".{}", std::process::id()));
        let beside = path.with_file_name(name);
        // Of an earlier process of this number, which was killed.
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = File::options().write(true).create_new(true).mode(0o600).open(&beside)?;
        Ok(Self { file, beside })
    }

    pub(super) fn descriptor(&self) -> i32 {
        self.file.as_raw_fd()
    }

    /// Gives it its name, in the place of what is there.
    pub(super) fn finish(mut self, path: &Path) -> io::Result<()> {
        fs::rename(&self.beside, path)?;
        self.beside.clear();
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.beside.as_os_str().is_empty() {
            let _ = fs::remove_file(&self.beside);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_its_name_when_it_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mheap");
        let count = || fs::read_dir(folder.path()).unwrap().count();
        fs::write(&path, "old").unwrap();
        drop(Unfinished::create(&path).unwrap());
        assert_eq!((count(), fs::read(&path).unwrap()), (1, b"old".to_vec()));
        Unfinished::create(&path).unwrap().finish(&path).unwrap();
        assert_eq!((count(), fs::read(&path).unwrap()), (1, Vec::new()));
        assert!(Unfinished::create(&folder.path().join("missing/a.mheap")).is_err());
    }
}
