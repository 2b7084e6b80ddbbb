//! A program without the counting allocator.
#![allow(missing_docs)]

use std::process::ExitCode;

use hard::look_at;
use mem_profile::mem_profile;

#[mem_profile]
fn grow() -> Vec<u8> {
    let kept = vec![1_u8; 16 << 20];
    kept
}

/// The highest resident set after one GiB of zeroes that is never accessed.
fn zeroed() {
    let zeroes = vec![0_u8; 1 << 30];
    look_at(&zeroes);
    println!("{}", hard::status_kib("VmHWM"));
}

fn main() -> ExitCode {
    match hard::scene().as_str() {
        "work" => look_at(&grow()),
        "zeroed" => zeroed(),
        other => panic!("{other}?"),
    }
    ExitCode::from(3)
}
