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
    ($($case:ident)*) => { $(#[test] fn $case() { check(env!("CARGO_BIN_EXE_one_kind"), stringify!($case)); })* };
}

cases! { blocks busy by_hand c_large c_small file fragmented huge large_static shared stacks untouched }

/// Survivors are kept together, as the account advises: as many more pages are free as it said, within 5 %.
#[test]
fn blocks_that_are_gathered_leave_what_the_account_says() {
    let figures = |case| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_one_kind"));
        command.arg(case).env("MEM_PROFILE_LIVE", "on").env("MEM_PROFILE_FORMAT", "none");
        let printed = command.output().expect("the program starts").stdout;
        let printed = String::from_utf8(printed).expect("numbers");
        let numbers: Vec<i64> =
            printed.split_whitespace().map(|number| number.parse().expect("a number")).collect();
        <[i64; 3]>::try_from(numbers).expect("three numbers")
    };
    let [scattered, advised, bytes] = figures("scattered");
    let [gathered, none, same_bytes] = figures("gathered");
    assert_eq!((none, same_bytes), (0, bytes));
    let saved = scattered - gathered;
    println!("{advised} B advised, {saved} B saved");
    assert!(advised > 100 << 20 && (saved - advised).abs() * 20 <= advised);
}

#[test]
fn the_environment_asks_for_an_account_at_the_end() {
    let stderr = |account| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_one_kind"));
        command.arg("untouched").env("MEM_PROFILE_ACCOUNT", account);
        let command = command.env("MEM_PROFILE_LIVE", "on").env("MEM_PROFILE_FORMAT", "none");
        let output = command.output().expect("the program starts");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let printed = stderr("1");
    assert!(
        printed.starts_with("\nresident set") && printed.contains("  live blocks"),
        "{printed}"
    );
    assert!(printed.contains("\nreserved, never touched "), "{printed}");
    assert_eq!(stderr("0"), "");
}

#[cfg(mem_profile_allocators)]
cases! { sqlite }

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
