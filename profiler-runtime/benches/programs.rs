//! Whole programs with and without the profiler: `cargo bench -p mem-profile-runtime --bench
//! programs`.
//!
//! The examples are built twice, as they are and without the feature `enabled`, where attribute and
//! allocator do nothing; runs take turns, and the medians are compared.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

const PROGRAMS: [&str; 2] = ["leak", "real_json"];
const ROUNDS: usize = 41;

fn main() {
    let (with, without) = (build("with", &[]), build("without", &["--no-default-features"]));
    println!("| program | with ÷ without | bound |\n|---|---|---|");
    for program in PROGRAMS {
        let (mut on, mut off) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            on.push(seconds(&with.join(program)));
            off.push(seconds(&without.join(program)));
        }
        println!("| `{program}` | × {:.3} | × 1.05 |", median(on) / median(off));
    }
}

/// Builds the examples and returns their folder.
fn build(name: &str, features: &[&str]) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--release", "--manifest-path"]).arg(root.join("Cargo.toml"));
    cargo.args(PROGRAMS.iter().flat_map(|program| ["--example", program]));
    cargo.args(features).arg("--target-dir").arg(&target);
    assert!(cargo.status().expect("cargo starts").success(), "the examples build");
    target.join("release/examples")
}

fn seconds(program: &Path) -> f64 {
    let mut command = Command::new(program);
    command.stdout(Stdio::null()).env("MEM_PROFILE_FORMAT", "none");
    let start = Instant::now();
    assert!(command.status().expect("the example starts").success());
    start.elapsed().as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
