//! Functions that call each other: the memory of the callees is on the lines of the callers that wait, also
//! in the snapshot of another thread.

use std::sync::Barrier;

use exact::{bytes, outermost};
use mem_profile::{Snapshot, mem_profile};

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

/// The two threads wait for each other here, so that one allocates only while the other rests.
static MEET: Barrier = Barrier::new(2);

#[mem_profile] //= 1x
fn is_seen() {
    MEET.wait(); //= 1x
    MEET.wait(); //= 1x
}

#[rustfmt::skip]
#[mem_profile] //= 3x
fn calls(depth: usize) {
    match depth.checked_sub(1) { //= 3x
        None => is_seen(), //= 1x
        Some(deeper) => holds(deeper), //= ^2001 2a 2001b 2x
    }
}

#[mem_profile] //= 2x
fn holds(depth: usize) {
    let held = bytes(1000 + depth); //= +2001 ^1001 2a 2001b 2x
    calls(depth); //= ^1000 2x
    drop(held); //= -2001 2x
} //= 2x last

/// The figures of each line while nothing has changed since the open frames began, so that nothing has been
/// recorded for them.
fn look() {
    // The thread has started, and has made its own allocations.
    MEET.wait();
    MEET.wait();
    let seen: Snapshot = mem_profile::snapshot();
    MEET.wait();
    // All calls are over.
    MEET.wait();
    let increments = |name| {
        let function = seen.functions.iter().find(|function| function.name.ends_with(name));
        let lines = &function.unwrap().lines[1..];
        Vec::from_iter(lines.iter().filter_map(|line| line.increment))
    };
    assert_eq!(increments("::calls"), [0, 0, 2001]);
    assert_eq!(increments("::holds"), [2001, 0]);
}

fn main() {
    exact::program(|| {
        let looking = std::thread::spawn(look);
        MEET.wait();
        outermost("calls", || calls(2));
        MEET.wait();
        looking.join().unwrap();
    });
}
