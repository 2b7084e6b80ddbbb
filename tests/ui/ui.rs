//! What does not compile, what the compiler says then, and what compiles all the same.
//!
//! `fail` holds the refusals, `with` the user's own errors and lints in annotated functions, and
//! `without` the same files without the attribute.

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn compiler_output() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("fail/*.rs");
    cases.compile_fail("with/*.rs");
    cases.compile_fail("without/*.rs");
    cases.pass("pass/*.rs");
}

/// The golden files in which the compiler itself is tested above.
fn pairs(extension: &str) -> Vec<[String; 2]> {
    let ui = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: PathBuf| fs::read_to_string(&path).unwrap_or_else(|_| panic!("{path:?}"));
    let with = fs::read_dir(ui.join("with")).expect("the folder is there");
    let paths = with.map(|entry| entry.expect("an entry").path());
    let chosen = paths.filter(|path| path.extension().is_some_and(|end| end == extension));
    chosen
        .map(|path| {
            let twin = ui.join("without").join(path.file_name().expect("a file"));
            [read(path), read(twin)]
        })
        .collect()
}

#[test]
fn pairs_differ_by_the_attribute_only() {
    let sources = pairs("rs");
    assert!(sources.len() >= 6);
    for [with, without] in sources {
        let is_ours =
            |line: &str| ["#[mem_profile]", "use mem_profile::mem_profile;"].contains(&line);
        let blanked: Vec<_> =
            with.lines().map(|line| if is_ours(line) { "" } else { line }).collect();
        assert!(with.matches("#[mem_profile]").count() >= 2);
        assert_eq!(blanked, without.lines().collect::<Vec<_>>());
    }
}

/// Each message with the place of the code that it is about: `error[E0308]: mismatched types 8:5`.
fn messages(output: &str) -> Vec<String> {
    let mut lines = output.lines();
    let mut messages = Vec::new();
    while let Some(line) = lines.next() {
        if line.starts_with("error") || line.starts_with("warning") {
            let place = lines.next().and_then(|line| line.split_once(".rs:"));
            let (_, place) = place.unwrap_or_else(|| panic!("`{line}` has no place"));
            // The body of an annotated async function is a block to the compiler.
            let line = line.replace("in an async block that", "in an async function that");
            messages.push(format!("{line} {place}"));
        }
    }
    messages
}

#[test]
fn user_errors_and_lints_are_the_same_at_the_same_place() {
    let outputs = pairs("stderr");
    assert!(outputs.len() >= 6);
    for [with, without] in outputs {
        let expected = messages(&without);
        assert!(expected.len() >= 9, "{expected:#?}");
        assert_eq!(messages(&with), expected);
    }
}
