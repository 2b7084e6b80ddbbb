//! Without the counting allocator: lines that run so often that not each end is read.

#![allow(missing_docs)]

use exact::pages::{self, write};
use mem_profile::mem_profile;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// One line takes so long that each end of it is read.
#[mem_profile]
fn slow(memory: &mut [u8]) {
    for turn in 0..4000 {
        black_box(turn); // 0
        write_slowly(memory, turn); // 4000
        called(turn); // 0
    }
}

fn write_slowly(memory: &mut [u8], page: usize) {
    let start = Instant::now();
    write(memory, page..page + 1);
    while start.elapsed() < Duration::from_micros(50) {}
}

/// No line takes long, except once, when most ends are not read any more.
#[mem_profile]
fn fast(memory: &mut [u8]) {
    for turn in 0..100_000 {
        black_box(turn);
        write(memory, 4000..if turn == 60_000 { 9000 } else { 4000 });
        called(turn);
    }
}

#[mem_profile]
fn called(turn: usize) {
    black_box(turn);
}

fn main() {
    let mut memory = pages::untouched();
    slow(&mut memory);
    fast(&mut memory);
}
