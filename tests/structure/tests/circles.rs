//! No two files of a crate depend on each other, directly or through others.
//!
//! A file depends on another one if it imports or names an item that the other defines. `mod child;` and
//! re-exports do not count, and code that only tests compile is skipped.
//! `cargo run -p structure profiler-runtime` prints the circles of one crate and the edges to cut.

use structure::{folders, sources};

#[test]
fn no_files_depend_on_each_other() {
    let folders = folders();
    assert!(folders.len() >= 4, "{folders:?}");
    for folder in &folders {
        let circles = sources(folder).graph().circles();
        assert!(circles.is_empty(), "{folder}/src: {}", circles.join("\n"));
    }
}
