//! The errors of the macro, and the compiler's messages about annotated code.
//!
//! `fail` contains code that the macro rejects. `with` contains
//! annotated functions with mistakes of their users. The compiler has to report these as it does without
//! the attribute: the test removes it, compiles the rest, and compares the messages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn compiler_output() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("fail/*.rs");
    cases.compile_fail("with/*.rs");
}

/// The messages of `with/*.stderr` are those that the compiler has for the same code without the attribute.
#[test]
fn user_errors_and_lints_are_the_same_at_the_same_location() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("with");
    let files = fs::read_dir(folder).expect("the folder exists").map(|entry| entry.unwrap().path());
    let sources =
        Vec::from_iter(files.filter(|file| file.extension().is_some_and(|it| it == "rs")));
    assert!(sources.len() >= 6, "{sources:?}");
    for with in sources {
        let annotated = read(&with.with_extension("stderr"));
        let expected = messages(&compile(&write_without(&with)));
        assert!(expected.len() >= 9, "{with:?}: {expected:#?}");
        assert_eq!(messages(&annotated), expected, "{with:?}");
    }
}

/// Writes the file without the attribute. All lines keep their numbers.
fn write_without(with: &Path) -> PathBuf {
    const OWN_LINES: [&str; 2] = ["#[mem_profile]", "use mem_profile::mem_profile;"];
    let source = read(with);
    assert!(source.matches("#[mem_profile]").count() >= 2, "{with:?}");
    let without = source.lines().map(|line| if OWN_LINES.contains(&line) { "" } else { line });
    let without = Vec::from_iter(without).join("\n");
    assert!(!without.contains("mem_profile"), "{with:?}");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("without");
    fs::create_dir_all(&folder).expect("a folder for the sources");
    let file = folder.join(with.file_name().expect("a file"));
    fs::write(&file, without).expect("the source is written");
    file
}

/// The compiler's messages about a file with mistakes.
fn compile(file: &Path) -> String {
    let output = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--edition", "2024", "--emit", "metadata", "--out-dir"])
        .arg(env!("CARGO_TARGET_TMPDIR"))
        .arg(file)
        .output()
        .expect("the compiler starts");
    assert!(!output.status.success(), "{file:?} compiles");
    String::from_utf8(output.stderr).expect("messages are UTF-8")
}

/// Each message with the location of the code that it is about: `error[E0308]: mismatched types 8:5`.
fn messages(output: &str) -> Vec<String> {
    let is_message = |line: &str| line.starts_with("error") || line.starts_with("warning");
    let lines = Vec::from_iter(output.lines());
    let message = |pair: &[&str]| {
        let location = pair[1].split_once(".rs:").filter(|_| is_message(pair[0]));
        // The body of an annotated async function is a block to the compiler.
        let text = pair[0].replace("in an async block that", "in an async function that");
        location.map(|(_, location)| format!("{text} {location}"))
    };
    lines.windows(2).filter_map(message).collect()
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{file:?}: {error}"))
}
