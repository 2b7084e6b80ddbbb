//! The lines at which blocks were allocated, by the debug information of the modules.

use crate::debug::{DebugFile, DebugFiles};

/// The innermost line of the program's own, of addresses whose first is the innermost.
pub(crate) fn line_of(files: &DebugFiles<'_>, addresses: &[u64]) -> Option<String> {
    addresses.iter().filter(|&&address| address != 0).find_map(|&address| {
        // The call is before the address to which it returns.
        let (file, place) = files.at(address - 1)?;
        own_line(file, place)
    })
}

/// The functions at a return address, the innermost inlined one first.
pub(crate) fn functions_of(files: &DebugFiles<'_>, address: u64) -> Vec<String> {
    let found = address.checked_sub(1).and_then(|call| files.at(call));
    let frames = found.and_then(|(file, place)| file.frames(place));
    let Some(mut frames) = frames else { return Vec::new() };
    let next = || frames.next().ok().flatten();
    let named = std::iter::from_fn(next).filter_map(|frame| frame.function);
    named.filter_map(|function| function.demangle().ok().map(Into::into)).collect()
}

/// The innermost line at a place that is neither of the standard library nor of a crate from a registry.
fn own_line(file: &DebugFile<'_>, place: u64) -> Option<String> {
    let mut frames = file.frames(place)?;
    while let Ok(Some(frame)) = frames.next() {
        let location = frame.location;
        if let Some((file, line)) = location.and_then(|found| found.file.zip(found.line))
            && !is_foreign(file)
        {
            return Some(format!("{}:{line}", within_package(file)));
        }
    }
    None
}

fn is_foreign(file: &str) -> bool {
    file.starts_with("/rustc/")
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
