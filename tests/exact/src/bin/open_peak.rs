//! The program ends while a line is open in whose callee memory rose and fell again. The line that
//! runs knows its peak. The line that waits learns of it when its callee ends, which never
//! happens here: until then its peak is what it holds.

use exact::bytes;
use mem_profile::mem_profile;
use std::hint::black_box;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

/// Not annotated: what it takes is on the line that has called it, and not booked yet.
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
