//! Recordings with the resident set over time.
#![cfg(all(target_os = "linux", target_env = "gnu"))]
#![allow(missing_docs)]

use std::fs::File;
use std::path::Path;
use std::process::Command;

use mem_profile::recording::Recording;
use mem_profile::{Reading, ResidentSet};

const MIB: u64 = 1 << 20;

/// Runs the program and returns what it prints on standard error.
fn run(command: &mut Command) -> String {
    let output = command.env("MEM_PROFILE_LIVE", "on").output().expect("the program starts");
    let [said, errors] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    println!("{said}");
    assert!(output.status.success(), "{}\n{errors}", output.status);
    errors.into_owned()
}

/// The program with a file of 48 MiB to map.
fn planted(settings: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mapped");
    File::create(&path).and_then(|file| file.set_len(48 << 20)).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_over_time"));
    run(command.arg(&path).envs(settings.iter().copied()))
}

fn recorded(path: &Path) -> Recording {
    let output = path.to_str().expect("a path");
    planted(&[("MEM_PROFILE_OUTPUT", output), ("MEM_PROFILE_TIMELINE", "1")]);
    Recording::open(path).expect("a recording")
}

/// Live blocks are exact, files and memory by hand within 1 MiB.
#[test]
fn planted_memory_is_in_the_first_and_the_last_sample() {
    let folder = tempfile::tempdir().expect("a folder");
    let snapshot = recorded(&folder.path().join("a.mprof")).snapshot;
    let samples = snapshot.timeline.expect("a timeline").samples;
    let [first, last] = [samples.first(), samples.last()].map(|it| *it.expect("a sample"));
    let set = |reading: Reading| reading.resident.expect("a resident set");
    let (before, after) = (set(first), set(last));
    println!("{first:?}\n{last:?}");
    let near = |grown: u64, expected: u64| grown.abs_diff(expected * MIB) <= MIB;
    assert!(near(last.bytes - first.bytes, 64 + 32));
    assert!(near(after.files - before.files, 48));
    let profiler = after.profiler - before.profiler;
    assert!(near(after.bytes - before.bytes - profiler, 64 + 96 + 48));
    let parts = after.divided(last.bytes);
    assert_eq!(parts.live + parts.profiler + parts.files + parts.rest, after.bytes);
    // A lower bound: 32 MiB of live blocks were never touched.
    let rest = parts.rest - before.divided(first.bytes).rest;
    assert!(near(rest, 96 - 32), "{rest}");
    let ResidentSet { bytes, files, profiler } = snapshot.resident.expect("a resident set");
    let near = |one: u64, other: u64| one.abs_diff(other) <= MIB;
    assert!(near(bytes, after.bytes) && near(files, after.files) && near(profiler, after.profiler));
}

#[test]
fn brief_figures_are_those_of_the_account() {
    let errors = run(&mut Command::new(env!("CARGO_BIN_EXE_over_time")));
    // Little of the resident set is neither live, nor code, nor the profiler's.
    assert!(errors.starts_with("peak ") && !errors.contains("\nresident set "), "{errors}");
}

#[test]
fn the_summary_of_a_run_explains_its_resident_set() {
    let errors = planted(&[]);
    let line = errors.lines().find(|line| line.starts_with("resident set ")).expect("a line");
    println!("{line}");
    let numbers = line.split([' ', ',']).filter_map(|word| word.parse::<f64>().ok());
    let [all, live, files, profiler, rest] =
        <[f64; 5]>::try_from(numbers.collect::<Vec<_>>()).expect("five numbers");
    assert!((live + files + profiler + rest - all).abs() < 0.25, "{line}");
    assert!((96.0..97.0).contains(&live) && (48.0..56.0).contains(&files), "{line}");
    assert!((64.0..84.0).contains(&rest), "{line}");
}
