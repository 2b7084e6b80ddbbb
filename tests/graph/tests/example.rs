//! The guide shows what the example prints.
#![cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
#![allow(missing_docs)]

use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn the_guide_shows_what_the_example_prints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["run", "--quiet", "--features", "graph-analysis", "--example", "heap_graph"]);
    cargo.current_dir(root).env("CARGO_PROFILE_DEV_DEBUG", "2");
    cargo.env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("example"));
    let output = cargo.output().expect("cargo starts");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let guide = fs::read_to_string(root.join("docs/heap-graph.md")).expect("the guide");
    let (_, shown) = guide.split_once("<!-- output: heap_graph -->\n```text\n").expect("a block");
    let (shown, _) = shown.split_once("```").expect("its end");
    assert_eq!(shown, printed);
}
