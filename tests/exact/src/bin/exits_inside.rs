//! The program ends in the middle of annotated functions: their open lines are in the report.

use exact::bytes;
use mem_profile::mem_profile;
use std::hint::black_box;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

/// Not annotated: its memory is on the line that has called it, and not recorded yet.
fn hold_and_exit(size: usize) {
    let held = bytes(size);
    black_box(&held);
    exact::leave();
}

#[mem_profile] //= 1x
fn innermost() {
    let kept = bytes(10); //= +10 ^10 1a 10b 1x
    drop(bytes(1000)); //= ^1000 1a 1000b 1x
    hold_and_exit(300_000); //= +300000 ^300000 1a 300000b 1x
    drop(kept);
}

#[mem_profile] //= 1x
fn outer() {
    drop(bytes(33)); //= ^33 1a 33b 1x
    innermost(); //= +300010 ^300010 3a 301010b 1x
}

fn main() {
    exact::program(outer);
}
