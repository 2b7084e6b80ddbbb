//! The settings of Cargo that bring debug information, and what is known with each. Each builds a program once more, in
//! the profile of this test.
#![cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
#![allow(missing_docs)]

use std::path::{Path, PathBuf};
use std::process::Command;

/// Whether dependencies are in debug builds, which inline nothing.
const IS_DEV: bool = cfg!(debug_assertions);

/// A copy of `kinds` in a folder of its own, built with a value of `debug` and these flags.
fn build(debug: &str, flags: &[&str], folder: &Path) -> PathBuf {
    build_program("kinds", debug, flags);
    let built = Path::new(env!("CARGO_BIN_EXE_kinds"));
    let program = folder.join("kinds");
    std::fs::copy(built, &program).expect("a copy");
    // There is a package only if it was asked for.
    let _ = std::fs::copy(built.with_file_name("kinds.dwp"), folder.join("kinds.dwp"));
    program
}

fn build_program(program: &str, debug: &str, flags: &[&str]) {
    let mut cargo = Command::new(env!("CARGO"));
    let (profile, arguments) =
        if IS_DEV { ("dev", &[][..]) } else { ("release", &["--release"][..]) };
    cargo.args(["rustc", "--quiet", "-p", "captured", "--bin", program]).args(arguments);
    cargo.args(["--config", &format!("profile.{profile}.package.captured.debug={debug}")]);
    cargo.arg("--").args(["-C", "strip=none"]).args(flags);
    assert!(cargo.status().expect("Cargo starts").success(), "{flags:?}");
}

/// The types that a program found in its own capture.
struct Found {
    right: usize,
    /// Planted kinds and names of those that are not right.
    wrong: Vec<(String, String)>,
    notes: String,
}

fn run(program: &Path) -> Found {
    let file = program.with_file_name("kinds.mheap");
    let output = Command::new(program).arg(&file).env("MEM_PROFILE_FORMAT", "none").output();
    let output = output.expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let (notes, kinds): (Vec<_>, Vec<_>) =
        printed.lines().partition(|line| line.starts_with("note: "));
    let kinds = kinds.iter().map(|line| line.split_once(": ").expect("a kind and a name"));
    let (right, wrong): (Vec<_>, Vec<_>) = kinds.partition(|(planted, found)| planted == found);
    let wrong = wrong.into_iter().map(|(planted, found)| (planted.to_owned(), found.to_owned()));
    Found { right: right.len(), wrong: wrong.collect(), notes: notes.concat() }
}

fn with(debug: &str, flags: &[&str]) -> Found {
    let folder = tempfile::tempdir().expect("a folder");
    run(&build(debug, flags, folder.path()))
}

/// All types are known, but for those that dependencies with less debug information have made.
fn assert_all(found: &Found, setting: &str) {
    assert_eq!(found.right + found.wrong.len(), 36, "{setting}");
    let is_dependency = |(planted, found): &(String, String)| {
        IS_DEV && planted == "[u8]" && found.starts_with("src/bin/kinds.rs:")
    };
    assert!(found.wrong.iter().all(is_dependency), "{setting}: {:?}", found.wrong);
}

#[test]
#[ignore = "builds programs: `.ci/run graph`"]
fn types_are_known_with_line_tables_and_more() {
    let needs = |now: &str| {
        format!("Field names of kinds need `debug = 2` (now {now}): CARGO_PROFILE_RELEASE_DEBUG=2.")
    };
    let found = with("\"line-tables-only\"", &[]);
    assert_all(&found, "line tables");
    assert!(found.notes.contains(&needs("line tables")), "{}", found.notes);
    let found = with("1", &[]);
    assert_all(&found, "1");
    assert!(found.notes.contains(&needs("1")), "{}", found.notes);
    let found = with("2", &[]);
    assert_all(&found, "2");
    assert!(!found.notes.contains("need"), "{}", found.notes);
}

#[test]
#[ignore = "builds programs: `.ci/run graph`"]
fn debug_information_may_be_compressed_or_apart() {
    let compressed = ["-C", "link-arg=-Wl,--compress-debug-sections=zlib"];
    assert_all(&with("1", &compressed), "compressed");
    let folder = tempfile::tempdir().expect("a folder");
    let program = build("1", &[], folder.path());
    let objcopy = |arguments: &[&str]| {
        let status = Command::new("objcopy").args(arguments).current_dir(folder.path()).status();
        assert!(status.expect("binutils").success());
    };
    objcopy(&["--only-keep-debug", "kinds", "linked.debug"]);
    objcopy(&["--strip-all", "--add-gnu-debuglink=linked.debug", "kinds"]);
    assert_all(&run(&program), "a debug link");
    std::fs::remove_file(folder.path().join("linked.debug")).expect("it is there");
    let found = run(&program);
    assert_eq!(found.right, 0, "stripped");
    let note = "Types, lines and names of kinds need `debug = 2` (now none, and no symbols)";
    assert!(found.notes.contains(note), "{}", found.notes);
}

#[test]
#[ignore = "builds programs: `.ci/run graph`"]
fn debug_information_may_be_split_off() {
    for form in ["packed", "unpacked"] {
        let found = with("2", &["-C", &format!("split-debuginfo={form}")]);
        assert_all(&found, form);
        assert!(!found.notes.contains("need"), "{form}: {}", found.notes);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let program = build("2", &["-C", "split-debuginfo=packed"], folder.path());
    std::fs::remove_file(folder.path().join("kinds.dwp")).expect("a package");
    let found = run(&program);
    assert!(
        found.notes.contains("have their debug information in files that are not there"),
        "{}",
        found.notes
    );
}

#[test]
#[ignore = "builds programs: `.ci/run graph`"]
fn without_debug_information_functions_are_known() {
    let found = with("0", &[]);
    assert!(found.right < 10, "{}", found.right);
    let is_function = |(_, found): &(String, String)| found.starts_with("kinds::");
    assert!(found.wrong.iter().all(is_function), "{:?}", found.wrong);
    assert!(found.notes.contains("need `debug = 2` (now "), "{}", found.notes);
    assert!(found.notes.contains("have no known type"), "{}", found.notes);
}

#[test]
#[ignore = "builds programs: `.ci/run graph`"]
fn listeners_are_held_by_fields_with_all_debug_information() {
    build_program("listeners", "2", &[]);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("listeners.mheap");
    let output = Command::new(env!("CARGO_BIN_EXE_listeners")).arg(file).output();
    let printed = String::from_utf8(output.expect("it starts").stdout).expect("UTF-8");
    let chain = "chain: static listeners::REGISTRY → [Box<dyn Fn() -> usize + Send>] –[…]→ \
                 Box<subscribe::{closure#0}> –payload→ String (×500, 48.8 MiB)";
    assert!(printed.lines().any(|line| line == chain), "{printed}");
}
