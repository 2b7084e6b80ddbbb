//! Lines of a planted site: of this very program.
#![cfg(target_os = "linux")]

mod builder;

use std::path::{Path, PathBuf};

use mem_profile_graph::{HeapGraph, Options};

use builder::ImageBuilder;

/// A function with a line of its own, and that line.
#[inline(never)]
fn here() -> u32 {
    std::hint::black_box(line!())
}

/// Where this program is mapped.
fn mapped() -> u64 {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("Linux");
    let program = std::env::current_exe().expect("a path");
    let program = program.to_str().expect("a name in UTF-8");
    let line = maps.lines().find(|line| line.ends_with(program)).expect("this program");
    let start = line.split('-').next().expect("a range");
    u64::from_str_radix(start, 16).expect("a number")
}

/// A block that was allocated in `here`, in a program at a path.
fn captured(path: &str, id: &[u8], folder: &Path) -> PathBuf {
    let mut image = ImageBuilder::new();
    let bias = mapped();
    image.module_with_id(path, id, bias, &[[bias, bias + (1 << 30), 5]]);
    let address = here as *const () as u64;
    image.site(0, 0, &[0, address + 1]);
    image.block(0x1_0000, 16, 0);
    let file = folder.join("app.mheap");
    std::fs::write(&file, image.build()).expect("a file");
    file
}

/// Optimised builds have no lines by default.
#[cfg(debug_assertions)]
#[test]
fn a_block_without_a_label_has_the_line_that_allocated_it() {
    use object::Object as _;

    let program = std::env::current_exe().expect("a path");
    let content = std::fs::read(&program).expect("this program");
    let content = object::File::parse(&*content).expect("a program");
    // Some linkers give none.
    let Ok(Some(id)) = content.build_id() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let file = captured(program.to_str().expect("UTF-8"), id, folder.path());
    let graph = HeapGraph::load(&file).expect("a capture");
    let line = format!("tests/lines.rs:{}", here() - 1);
    let found = [graph.by_type(&(&*line).into()), graph.by_site(&(&*line).into())];
    assert_eq!(found.map(|found| found.len()), [1, 1], "{:?}", graph.most_common_types(9));
}

#[test]
fn a_file_that_is_another_one_gives_no_lines_and_a_note() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = std::env::current_exe().expect("a path");
    let file = captured(program.to_str().expect("UTF-8"), &[1, 2, 3], folder.path());
    let graph = HeapGraph::load(&file).expect("a capture");
    assert_eq!(graph.by_type(&"unknown".into()).len(), 1);
    let notes = graph.notes().concat();
    assert!(notes.contains("by its build id"), "{notes}");
    let mut options = Options::default();
    options.symbols = false;
    let graph = HeapGraph::load_with(&file, &options).expect("a capture");
    assert!(!graph.notes().concat().contains("build id"), "nothing was looked for");
    let gone = HeapGraph::load(captured("/nowhere/app", &[1], folder.path())).expect("a capture");
    assert!(gone.notes().concat().contains("/nowhere/app: the file is not there"));
    let unnamed =
        HeapGraph::load(captured("/proc/self/exe", &[], folder.path())).expect("a capture");
    assert!(unnamed.notes().concat().contains("has no build id"));
}
