//! The program ends inside a callee in which memory rose and fell again. The running line knows its peak.
//! The waiting line gets it when its callee ends, which does not happen here: its peak is the memory
//! that it holds.

use exact::bytes;
use mem_profile::mem_profile;
use std::hint::black_box;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

/// Not annotated: its memory is on the line that has called it, and not recorded yet.
fn hold_and_exit(size: usize) {
    let held = bytes(size);
    drop(bytes(50_000));
    black_box(&held);
    exact::leave();
}

#[mem_profile] //= 1x
fn innermost() {
    let kept = bytes(10); //= +10 ^10 1a 10b 1x
    drop(bytes(1000)); //= ^1000 1a 1000b 1x
    hold_and_exit(300_000); //= +300000 ^350000 2a 350000b 1x
    drop(kept);
}

#[mem_profile] //= 1x
fn outer() {
    drop(bytes(33)); //= ^33 1a 33b 1x
    innermost(); //= +300010 ^300010 4a 351010b 1x
}

fn main() {
    exact::program(outer);
}
