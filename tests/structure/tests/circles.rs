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

#[test]
fn nothing_that_traces_depends_on_captures() {
    let edges = sources("profiler-trace").graph().edges();
    let is_of_graph = |file: &str| file.starts_with("graph/");
    let edges = edges.iter().filter_map(|edge| edge.split_once(" → "));
    let (own, others): (Vec<_>, Vec<_>) =
        edges.filter(|(_, used)| is_of_graph(used)).partition(|(user, _)| is_of_graph(user));
    assert!(own.len() > 10, "the folder has moved");
    assert_eq!(others, [("", ""); 0]);
}
