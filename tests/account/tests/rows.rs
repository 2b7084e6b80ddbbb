//! Runs each case in a process of its own.
#![cfg(all(target_os = "linux", target_env = "gnu"))]
#![allow(missing_docs)]

use std::process::Command;

/// The program checks itself.
fn check(program: &str, case: &str) {
    let mut command = Command::new(program);
    command.arg(case).env("MEM_PROFILE_LIVE", "on").env("MEM_PROFILE_FORMAT", "none");
    let output = command.output().expect("the program starts");
    let [said, errors] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    println!("{said}");
    assert!(output.status.success(), "{}\n{errors}", output.status);
}

macro_rules! cases {
    ($($case:ident)*) => { $(#[test] fn $case() { check(env!("CARGO_BIN_EXE_planted"), stringify!($case)); })* };
}

cases! { blocks by_hand c_large c_small file fragmented huge large_static shared stacks untouched }

#[cfg(mem_profile_allocators)]
#[test]
fn jemalloc() {
    check(env!("CARGO_BIN_EXE_jemalloc"), "fragmented");
}

#[cfg(mem_profile_allocators)]
#[test]
fn mimalloc() {
    check(env!("CARGO_BIN_EXE_mimalloc"), "fragmented");
}
