//! Without the counting allocator: lines that touch known numbers of pages.

#![allow(missing_docs)]

use exact::pages::{self, LARGE, PAGE, write};
use mem_profile::mem_profile;
use std::hint::black_box;

#[mem_profile]
fn touch(memory: &mut [u8], unit: usize) {
    write(memory, 0..unit); // 1
    write(memory, 100..100 + 64 * unit); // 64
    write(memory, 1000..1000 + 4096 * unit); // 4096
    write(memory, 1000..1000 + 4096 * unit); // 0
    for page in 0..1024 * unit {
        write(memory, 6000 + page..6001 + page); // 1024
    }
    let own = reserve(LARGE); // 0
    let own = black_box(fill(own, unit)); // 2048
    drop(own); // -2048
    black_box(unit);
}

fn reserve(bytes: usize) -> Vec<u8> {
    Vec::with_capacity(bytes)
}

fn fill(mut memory: Vec<u8>, unit: usize) -> Vec<u8> {
    memory.resize(2048 * PAGE * unit, 1);
    memory
}

fn main() {
    let mut memory = pages::untouched();
    // The code itself is in memory after this.
    touch(&mut memory, 0);
    mem_profile::reset();
    touch(&mut memory, 1);
}
