//! Holds 64 MiB on one line, in a recording that the environment asks for, and ends in the way that is asked for.

use std::io::Read;
use std::time::Duration;

use mem_profile::{mem_profile, trace};
use monitored::MIB;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

#[mem_profile]
fn hold() -> Vec<u8> {
    vec![1_u8; 64 * MIB] // holds
}

#[mem_profile]
fn leak(kept: &mut Vec<Vec<u8>>) {
    kept.push(vec![1; MIB]); // leaks
}

#[mem_profile]
fn ask(mut block: Vec<u8>, bytes: usize) -> ! {
    let is_there = block.try_reserve_exact(bytes).is_ok(); // asks
    assert!(!is_there, "there is memory");
    std::process::abort()
}

/// Has the system refuse address space from 64 MiB more on.
fn limit_address_space() {
    let pages = std::fs::read_to_string("/proc/self/statm").expect("numbers");
    let pages: u64 = pages.split(' ').next().and_then(|it| it.parse().ok()).expect("a number");
    let bytes = pages * 4096 + 64 * MIB as u64;
    let limit = libc::rlimit { rlim_cur: bytes, rlim_max: bytes };
    // SAFETY: the limit is only read.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) }, 0);
}

/// The child neither ends the recording, nor leaves a mark in it, nor has one of its own in the same folder.
fn fork() {
    // SAFETY: the child calls only code that is ready for a fork; the C library's allocator is.
    let child = unsafe { libc::fork() };
    if child == 0 {
        assert!(Vec::<u8>::new().try_reserve_exact(1 << 46).is_err());
        drop(mem_profile::monitor::Monitor::builder().start().expect("a monitor"));
        std::process::exit(0);
    }
    let mut status = 0;
    // SAFETY: `status` is writable.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert_eq!(status, 0, "the child has failed");
}

fn main() {
    if std::env::var_os("MEM_PROFILE_LIVE").is_none() {
        trace::start(trace::Config::exact()).expect("the tracer starts");
    }
    let how = std::env::args().nth(1).unwrap_or_default();
    let mut kept = Vec::new();
    if how == "leaks" {
        loop {
            leak(&mut kept);
            std::thread::sleep(Duration::from_millis(2));
        }
    }
    kept.push(hold());
    // Some samples.
    std::thread::sleep(Duration::from_millis(100));
    println!("ready");
    match how.as_str() {
        "exit" => std::process::exit(3),
        "fails" => ask(Vec::new(), 1 << 46),
        "fails to grow" => ask(Vec::with_capacity(MIB), 1 << 46),
        "is limited" => {
            limit_address_space();
            ask(Vec::new(), 256 * MIB)
        }
        "forks" => {
            fork();
            std::process::abort()
        }
        _ => {
            // Nobody waits longer.
            std::thread::spawn(|| {
                std::thread::sleep(Duration::from_secs(60));
                std::process::exit(1);
            });
            let _ = std::io::stdin().read(&mut [0]);
        }
    }
}
