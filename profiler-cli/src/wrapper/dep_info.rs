//! The list of a crate's source files, by which cargo knows when to rebuild it.

use std::path::{Path, PathBuf};

/// The list with the user's files in place of the copies, and with further dependencies: more files,
/// and a variable.
///
/// Cargo reads one rule, and comments that name variables.
pub(super) fn translated(
    text: &str,
    copies: &[(&Path, &Path)],
    more: &[&Path],
    (name, value): (&str, &str),
) -> String {
    let mut text = text.to_owned();
    for (copy, original) in copies {
        let original = match escaped(original) {
            folder if folder.is_empty() || folder.ends_with('/') => folder,
            folder => folder + "/",
        };
        text = text.replace(&(escaped(copy) + "/"), &original);
    }
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    let more: String = more.iter().map(|path| format!(" {}", escaped(path))).collect();
    // The first rule belongs to the output file.
    for line in lines.iter_mut().filter(|line| line.contains(": ") && !line.starts_with('#')) {
        line.push_str(&more);
    }
    let value = value.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
    lines.push(format!("# env-dep:{name}={value}\n"));
    lines.join("\n")
}

/// The files in a list, as they are written there.
pub(super) fn files(text: &str) -> Vec<PathBuf> {
    let rule = text.lines().find_map(|line| line.split_once(": "));
    let files = rule.map_or(String::new(), |(_, files)| files.replace("\\ ", "\0"));
    files.split_whitespace().map(|file| PathBuf::from(file.replace('\0', " "))).collect()
}

/// A path as rustc escapes it there.
fn escaped(path: &Path) -> String {
    path.to_string_lossy().replace(' ', "\\ ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_become_the_user_s_files() {
        let text = "/t/app.d: /m/u\\ x/w/src/main.rs /m/u\\ x/data.txt\n\n/m/u\\ x/w/src/main.rs:\n\
                    # env-dep:OUT_DIR=/o\n";
        let copies =
            [(Path::new("/m/u x/w"), Path::new("")), (Path::new("/m/u x"), Path::new("/"))];
        let translated =
            translated(text, &copies, &[Path::new("/lib.rlib")], ("SETTINGS", "a\\b\nc"));
        assert_eq!(files(text), ["/m/u x/w/src/main.rs", "/m/u x/data.txt"].map(PathBuf::from));
        assert_eq!(
            translated,
            "/t/app.d: src/main.rs /data.txt /lib.rlib\n\nsrc/main.rs:\n# env-dep:OUT_DIR=/o\n\
             # env-dep:SETTINGS=a\\\\b\\nc\n"
        );
    }
}
