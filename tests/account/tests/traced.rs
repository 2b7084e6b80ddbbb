//! The same cases with the tracer in the place of the line profiler: it has the same rows, and names the same lines.
#![cfg(all(target_os = "linux", target_env = "gnu", feature = "trace"))]
#![allow(missing_docs)]

use std::process::Command;

/// The program checks itself.
fn check(command: &mut Command) {
    let output = command.env("MEM_PROFILE_FORMAT", "none").output().expect("the program starts");
    let [said, errors] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    println!("{said}");
    assert!(output.status.success(), "{}\n{errors}", output.status);
}

macro_rules! cases {
    ($($case:ident)*) => { $(#[test] fn $case() {
        let mut command = Command::new(env!("CARGO_BIN_EXE_one_kind"));
        check(command.arg(stringify!($case)).env("MEM_PROFILE_TRACE", "1"));
    })* };
}

// Without `c_small`: the tracer's tables of names are in glibc's heap, too.
cases! { blocks busy by_hand c_large file fragmented huge large_static shared stacks untouched }

#[test]
fn blocks_that_are_older_than_the_tracer_are_not_taken_for_free_memory() {
    check(&mut Command::new(env!("CARGO_BIN_EXE_begun_late")));
}
