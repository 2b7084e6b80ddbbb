//! The rules that `record/mod.rs` states, read off the sources.
#![allow(missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};

/// The code of every file of `record/`: name and lines without comments.
fn sources() -> Vec<(String, Vec<String>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/record");
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.lines().map(|line| line.split("//").next().unwrap().to_owned());
        (path.strip_prefix(&folder).unwrap().display().to_string(), code.collect())
    };
    // A file of tests alone is in no program.
    let code = files(&folder).into_iter().filter(|path| !path.ends_with("tests.rs"));
    code.map(read).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The text after each occurrence of `start` that is a whole path segment.
fn after<'a>(line: &'a str, start: &str) -> Vec<&'a str> {
    let is_part = |character: char| character.is_alphanumeric() || "_:".contains(character);
    let found = line.match_indices(start).filter(|(at, _)| !line[..*at].ends_with(is_part));
    let rests = found.map(|(at, _)| &line[at + start.len()..]);
    let word = |rest: &'a str| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next();
    rests.filter_map(word).collect()
}

/// The breaches of a rule that names each bad word of a line.
fn breaches(rule: impl Fn(&str) -> Vec<String>) -> Vec<String> {
    let mut all = Vec::new();
    for (file, lines) in sources() {
        for (number, line) in (1..).zip(lines) {
            all.extend(rule(&line).iter().map(|word| format!("{file}:{number}: {word}")));
        }
    }
    all
}

fn not_among(words: Vec<&str>, allowed: &[&str]) -> Vec<String> {
    words.into_iter().filter(|word| !allowed.contains(word)).map(str::to_owned).collect()
}

fn imports(line: &str) -> Vec<String> {
    let line = line.trim_start().trim_start_matches("pub(crate) ").trim_start_matches("pub ");
    let roots = if line.starts_with("use ") { after(line, "use ") } else { Vec::new() };
    let mut bad =
        not_among(roots, &["core", "mem_profile_format", "std", "self", "super", "crate"]);
    bad.extend(not_among(after(line, "crate::"), &["process", "record"]));
    bad.extend(not_among(after(line, "mem_profile_format::"), &["layout"]));
    // Beyond the allocator's contract and the question whether the thread unwinds, everything in
    // `std` that is not in `core` may allocate or lock.
    bad.extend(not_among(after(line, "std::"), &["alloc", "thread"]));
    bad
}

fn costly_words(line: &str) -> Vec<String> {
    const WORDS: [&str; 14] = [
        "Box::",
        "Vec::",
        "String::",
        "Mutex",
        "RwLock",
        "OnceLock",
        "format!",
        "vec!",
        "println!",
        "panic!",
        "todo!",
        ".unwrap()",
        ".expect(",
        "libc::",
    ];
    WORDS.iter().filter(|word| line.contains(**word)).map(|word| (*word).to_owned()).collect()
}

#[test]
fn the_hot_half_imports_nothing_cold() {
    assert!(sources().len() >= 40, "the folder has moved");
    assert_eq!(breaches(imports), [""; 0]);
}

#[test]
fn the_hot_half_does_not_allocate_lock_or_panic() {
    assert_eq!(breaches(costly_words), [""; 0]);
}

#[test]
fn a_breach_is_seen() {
    for line in [
        "use libc::write;",
        "pub(crate) use serde::Serialize;",
        "use crate::session;",
        "use mem_profile_format::report;",
        "    let snapshot = crate::collect::snapshot();",
        "use std::sync::Mutex;",
        "std::env::var_os(name)",
    ] {
        assert!(!imports(line).is_empty(), "{line}");
    }
    for line in ["use super::row::Row;", "use crate::process;", "std::thread::panicking()"] {
        assert_eq!(imports(line), [""; 0], "{line}");
    }
    assert_eq!(costly_words("let row = rows.first().unwrap();"), [".unwrap()"]);
}
