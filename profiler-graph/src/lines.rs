//! The lines at which blocks were allocated, by the debug information of the modules.

/// The line as it is shown, if it is neither of the standard library nor of a crate from a registry.
pub(crate) fn own_line((file, line): (&str, u32)) -> Option<String> {
    (!is_foreign(file)).then(|| format!("{}:{line}", within_package(file)))
}

/// Whether a file is of the standard library or of a crate from a registry.
pub(crate) fn is_foreign(file: &str) -> bool {
    ["/rustc/", "/rust/deps/"].iter().any(|start| file.starts_with(start))
        || ["/registry/src/", "/rustlib/src/"].iter().any(|part| file.contains(part))
}

/// The path from the folder of a package that sources are in: `src/main.rs`.
pub(crate) fn within_package(file: &str) -> &str {
    let folders = ["/src/", "/tests/", "/examples/", "/benches/"];
    let start = folders.iter().filter_map(|folder| file.rfind(folder)).max();
    start.map_or(file, |start| &file[start + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_shown_from_the_folder_of_its_package() {
        let shown =
            ["/home/a/src/app/src/bin/b.rs", "/x/app/tests/t.rs", "build.rs"].map(within_package);
        assert_eq!(shown, ["src/bin/b.rs", "tests/t.rs", "build.rs"]);
        assert!(
            is_foreign("/rustc/59807616/library/alloc/src/vec.rs") && !is_foreign("src/vec.rs")
        );
    }
}
