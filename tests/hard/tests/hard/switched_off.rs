//! Cargo in cargo, 3 of 3: without the feature `enabled`, the program contains nothing of the profiler.

use std::fs;

use crate::fixtures::Fixture;
use crate::run::{program, run};

const MANIFEST: &str = r#"
[package]
name = "switched-off"
version = "1.0.0"
edition = "2024"

[dependencies]
mem-profile = { path = "{workspace}", default-features = false }

[profile.release]
# Between several units the compiler makes up names that hold a hash of the source.
codegen-units = 1
"#;

const SOURCE: &str = include_str!("../programs/switched_off.rs");
const ATTRIBUTE: &str = "\n#[mem_profile]\n";

/// The bytes of the release program made from this source.
fn build(fixture: &Fixture, source: &str) -> Vec<u8> {
    fixture.write("src/main.rs", source);
    fixture.cargo(&["build", "--release"]);
    fs::read(fixture.program("release", "switched-off")).unwrap()
}

#[test]
fn the_attribute_leaves_no_trace() {
    let fixture = Fixture::new("switched-off", MANIFEST);
    assert_eq!(SOURCE.matches(ATTRIBUTE).count(), 1);
    let without = build(&fixture, &SOURCE.replace(ATTRIBUTE, "\n//mem_profile]\n"));
    let with = build(&fixture, SOURCE);
    assert!(with == without, "the programs differ");
    // The comparison detects a change.
    assert!(with != build(&fixture, &SOURCE.replace("% 3", "% 7")), "the same program twice");

    build(&fixture, SOURCE);
    let ended =
        run(program(fixture.program("release", "switched-off"), &[]).env("MEM_PROFILE", "on"));
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("66 5 0\n", ""));

    let tree = fixture.cargo(&["tree", "--edges", "normal", "--prefix", "none", "--format", "{p}"]);
    let mut names: Vec<_> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(
        names,
        [
            "mem-profile",
            "mem-profile-format",
            "mem-profile-macro",
            "mem-profile-runtime",
            "switched-off"
        ]
    );
}
