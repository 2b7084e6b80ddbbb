//! Threads that still run when the program ends: their open lines are part of the report.

use exact::{bytes, outermost};
use mem_profile::mem_profile;
use std::hint::black_box;
use std::sync::{
    Barrier,
    atomic::{AtomicBool, Ordering::SeqCst},
};
use std::thread;

#[global_allocator]
static ALLOC: mem_profile::Alloc<exact::Truth> =
    mem_profile::Alloc::wrap(exact::Truth(std::alloc::System));

static READY: Barrier = Barrier::new(3);
static FOREVER: AtomicBool = AtomicBool::new(true);

fn wait_forever() {
    READY.wait();
    while FOREVER.load(SeqCst) {
        thread::park();
    }
}

/// Not annotated: its memory is on the line that has called it, and not recorded yet.
fn hold_and_wait(size: usize) {
    let held = bytes(size);
    black_box(&held);
    wait_forever();
}

#[mem_profile] //= 1x
fn waits_on_a_later_line() {
    let kept = bytes(5000); //= +5000 ^5000 1a 5000b 1x
    wait_forever(); //= 1x
    drop(kept);
}

#[mem_profile] //= 1x
fn waits_in_the_middle() {
    let before = bytes(10); //= +10 ^10 1a 10b 1x
    hold_and_wait(300_000); //= +300000 ^300000 1a 300000b 1x
    drop(before);
}

#[mem_profile] //= 1x
fn waits_for_a_callee() {
    drop(bytes(33)); //= ^33 1a 33b 1x
    waits_in_the_middle(); //= +300010 ^300010 2a 300010b 1x
}

fn main() {
    exact::program(|| {
        thread::spawn(waits_on_a_later_line);
        thread::spawn(waits_for_a_callee);
        READY.wait();
        outermost("at_rest", at_rest);
    });
}

#[mem_profile] //= 1x
fn at_rest() {
    drop(bytes(2)); //= ^2 1a 2b 1x
}
