//! Code that the programs of this package share: a second way of counting bytes, and reports to the test
//! that runs them.
//!
//! A program reports on standard error, one line each and unbuffered, so that a report allocates
//! nothing:
//!
//! ```text
//! truth call NAME BEFORE AFTER CHANGE PEAK    an outermost call, bytes of the process and the thread
//! truth value NAME BYTES                      a size that the comments of the program name
//! truth live BYTES PEAK                       bytes in use at the end of the program, and at most
//! ```

mod futures;
pub mod pages;
mod truth;

pub use futures::{block_on, join, pause};
pub use truth::Truth;

use std::ffi::c_int;
use std::fmt;
use std::hint::black_box;
use std::io::Write;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

/// Bytes that the profiler itself holds; it does not report its own memory.
static OWN: AtomicI64 = AtomicI64::new(0);

/// Runs the lines of a program: `main` is `exact::program(|| …)`.
pub fn program(body: impl FnOnce()) {
    // Starts the session, whose options stay in memory.
    let before = truth::live();
    drop(mem_profile::snapshot());
    let own = match std::env::var_os("MEM_PROFILE_LIVE").is_some() {
        // Its options are there from before `main` on.
        true => truth::live() - counted(),
        false => truth::live() - before,
    };
    OWN.store(own, Relaxed);
    truth::reset_peak();
    // Registered after the report, hence run just before it: by then the standard library has freed its
    // own memory at the end of `main`.
    assert_eq!(atexit(report_live), 0);
    body();
}

// SAFETY: this is how the C library declares them.
unsafe extern "C" {
    safe fn atexit(callback: extern "C" fn()) -> c_int;
    safe fn exit(status: c_int) -> !;
}

/// Bytes in use, as the profiler counts them.
fn counted() -> i64 {
    mem_profile::snapshot().process_bytes.and_then(|bytes| i64::try_from(bytes).ok()).unwrap_or(0)
}

/// Ends the process from within a line. Not by the standard library, which would free its own memory on
/// that line.
pub fn leave() -> ! {
    exit(0)
}

extern "C" fn report_live() {
    report(format_args!("live {} {}", live(), truth::peak() - OWN.load(Relaxed)));
}

/// Bytes in use by the program, but for the profiler.
pub fn live() -> i64 {
    truth::live() - OWN.load(Relaxed)
}

/// Runs a call of `function` that no other call of it surrounds, and reports the change in bytes and the
/// highest rise.
pub fn outermost<R>(function: &str, call: impl FnOnce() -> R) -> R {
    let (before, before_here) = (live(), truth::live_here());
    let (result, peak) = truth::rise_here(call);
    let (after, change) = (live(), truth::live_here() - before_here);
    report(format_args!("call {function} {before} {after} {change} {peak}"));
    result
}

/// Bytes that this thread allocated minus those that it freed.
pub fn live_here() -> i64 {
    truth::live_here()
}

/// Gives a size, which is not the same everywhere, a name for the comments.
pub fn value(name: &str, bytes: usize) {
    report(format_args!("value {name} {bytes}"));
}

/// How many bytes, and in how many blocks, `work` asks for on this thread.
pub fn requested<R>(work: impl FnOnce() -> R) -> (usize, usize) {
    let (bytes, blocks) = truth::requested_here();
    drop(work());
    let now = truth::requested_here();
    (now.0 - bytes, now.1 - blocks)
}

fn report(line: fmt::Arguments) {
    let mut bytes = [0; 200];
    let mut rest = &mut bytes[..];
    writeln!(rest, "truth {line}").expect("the line fits");
    let unused = rest.len();
    std::io::stderr().write_all(&bytes[..200 - unused]).expect("standard error is open");
}

/// One allocation of exactly `size` bytes that the optimiser cannot remove.
#[inline(never)]
pub fn bytes(size: usize) -> Vec<u8> {
    black_box(vec![0; size])
}
