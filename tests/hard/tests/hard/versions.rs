//! Cargo in cargo, 2 of 3: two versions of the profiler in one program.

use std::fs;

use crate::fixtures::{Fixture, copy, workspace};
use crate::run::{Report, program, writes};

const MANIFEST: &str = r#"
[package]
name = "modern"
version = "1.0.0"
edition = "2024"

[dependencies]
legacy = { path = "legacy" }
mem-profile = { path = "{workspace}" }

[profile.dev]
debug = false
"#;

const LEGACY_MANIFEST: &str = r#"
[package]
name = "legacy"
version = "1.0.0"
edition = "2024"

[dependencies]
mem-profile = { path = "../../versions-older" }
"#;

/// Copies the profiler, as version 0.0.9 and a workspace of its own, to a folder beside the fixture.
fn copy_older(fixture: &Fixture) {
    let older = fixture.path("../versions-older");
    let parts = fs::read_dir(workspace()).unwrap().map(|entry| entry.unwrap().file_name());
    let parts = parts.map(|name| name.into_string().unwrap());
    let is_source =
        |name: &String| name.starts_with("profiler-") || name == "examples" || name == "src";
    for part in parts.filter(is_source) {
        let _ = fs::remove_dir_all(older.join(&part));
        copy(&workspace().join(&part), &older.join(&part));
    }
    let manifest = fs::read_to_string(workspace().join("Cargo.toml")).unwrap();
    let (_, settings) = manifest.split_once("\nresolver = ").expect("it stands behind the members");
    let manifest = format!("[workspace]\nresolver = {settings}");
    let version = env!("CARGO_PKG_VERSION");
    let manifest = manifest.replace(&format!("{version}\""), "0.0.9\"");
    assert!(manifest.contains("version = \"=0.0.9\", path = \"profiler-runtime\""), "{manifest}");
    fixture.write("../versions-older/Cargo.toml", &manifest);
}

#[test]
fn two_versions_report_side_by_side() {
    let fixture = Fixture::new("versions", MANIFEST);
    copy_older(&fixture);
    fixture.write("legacy/Cargo.toml", LEGACY_MANIFEST);
    fixture.write("legacy/src/lib.rs", include_str!("../programs/legacy.rs"));
    fixture.write("src/main.rs", include_str!("../programs/modern.rs"));
    fixture.cargo(&["build"]);

    let command = &mut program(fixture.program("debug", "modern"), &[]);
    let (status, writes) = writes(command.env("MEM_PROFILE_FORMAT", "json"));
    assert!(status.success());
    let reports: Vec<_> = writes.iter().map(|text| Report::parse(text)).collect();
    let find = |name: &str| {
        let mut found = reports.iter().filter(|report| report.names() == [name]);
        found.next().unwrap_or_else(|| panic!("no report of {name}: {reports:?}"))
    };
    assert_eq!(reports.len(), 2);
    let (modern, legacy) = (find("modern"), find("legacy"));

    // The program's allocator belongs to one version; the other measures pages.
    assert_eq!((modern.0.backend.as_str(), legacy.0.backend.as_str()), ("heap", "rss"));
    assert_eq!(modern.heap("modern", "let mut kept"), (1000, 1000, 1, 1));
    let (increment, peak, ..) = modern.heap("modern", "kept.extend");
    assert_eq!(increment, 16 << 20);
    // The library's bytes and the longer copy are in use at the same time.
    assert_eq!(peak, 2 * (16 << 20));
    let grown = legacy.line("legacy", "let kept").increment.unwrap();
    assert!((16 << 20..17 << 20).contains(&grown), "{grown}");
}
