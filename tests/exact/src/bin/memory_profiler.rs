//! The programs that the tests of Python's memory_profiler run, in Rust.

use exact::{bytes, outermost};
use mem_profile::mem_profile;
use std::hint::black_box;

#[global_allocator]
static ALLOC: mem_profile::Alloc<exact::Truth> =
    mem_profile::Alloc::wrap(exact::Truth(std::alloc::System));

#[rustfmt::skip]
#[mem_profile] //= 1x
fn loops_twelve_times() -> u64 {
    let mut sum = 0; //= 1x
    for number in 0..12 { //= 13x
        sum += black_box(number); //= 12x
    }
    sum //= 1x
} //= 1x last

#[mem_profile] //= 1x
fn allocates_and_frees() {
    let value = bytes(1_000_000); //= +1000000 ^1000000 1a 1000000b 1x
    drop(value); //= -1000000 1x
} //= 1x last

#[rustfmt::skip]
#[mem_profile] //= 1x
fn allocates_three_times() -> Vec<Vec<u8>> {
    let mut all = Vec::with_capacity(3); //= +72 ^72 1a 72b 1x
    for _ in 0..3 { //= 4x
        all.push(bytes(1_000_000)); //= +3000000 ^1000000 3a 3000000b 3x
    }
    all //= 1x
} //= 1x last

#[mem_profile] //= 7x
fn of_any_size(size: usize) -> Vec<u8> {
    bytes(size) //= +111111100 ^100000000 7a 111111100b 7x
}

/// Documentation stays, and so does the name.
#[mem_profile(name = "given a name")] //= 1x
fn named() {
    drop(bytes(1)); //= ^1 1a 1b 1x
}

fn main() {
    exact::program(|| {
        outermost("loops_twelve_times", loops_twelve_times);
        outermost("allocates_and_frees", allocates_and_frees);
        drop(outermost("allocates_three_times", allocates_three_times));
        for exponent in 2..=8 {
            drop(outermost("of_any_size", || of_any_size(10_usize.pow(exponent))));
        }
        named();
    });
}
