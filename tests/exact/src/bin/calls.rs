//! A line that calls another annotated function includes the memory of the callee.

use exact::{bytes, outermost};
use mem_profile::mem_profile;
use std::hint::black_box;

#[global_allocator]
static ALLOC: mem_profile::Alloc<exact::Truth> =
    mem_profile::Alloc::wrap(exact::Truth(std::alloc::System));

#[mem_profile] //= 3x
fn inner(size: usize) -> Vec<u8> {
    let scratch = bytes(10 * size); //= +600 ^300 3a 600b 3x
    let kept = bytes(size); //= +60 ^30 3a 60b 3x
    drop(scratch); //= -600 3x
    kept //= 3x
} //= 3x

#[mem_profile] //= 1x
fn outer() -> Vec<u8> {
    let first = inner(10); //= +10 ^110 2a 110b 1x
    let second = inner(20).len() + inner(30).len(); //= ^350 4a 550b 1x
    black_box(second); //= 1x
    first //= 1x
} //= 1x last

#[mem_profile] //= 1x
fn outermost_of_three() -> usize {
    // The peak of the innermost function counts on all lines that wait for it.
    let kept = outer(); //= +10 ^360 6a 660b 1x
    kept.len() //= 1x
} //= -10 1x last

#[mem_profile] //= 2x
fn frees(value: &mut Option<Vec<u8>>) {
    value.take(); //= -70 2x
}

#[mem_profile] //= 1x
fn calls_what_frees() {
    let mut value = Some(bytes(70)); //= +70 ^70 1a 70b 1x
    frees(&mut value); //= -70 1x
    frees(&mut value); //= 1x
} //= 1x last

#[mem_profile] //= 2x
fn takes(value: Vec<u8>) -> usize {
    // The parameter is freed after the last line, so on the caller's line.
    value.len() //= 2x
}

#[mem_profile] //= 2x
fn takes_and_drops(value: Vec<u8>) -> usize {
    let length = value.len(); //= 2x
    drop(value); //= -18 2x
    length //= 2x
} //= 2x

#[mem_profile] //= 1x
fn passes_on() -> usize {
    let one = bytes(8); //= +8 ^8 1a 8b 1x
    let length = takes(one); //= -8 1x
    let both = takes(bytes(5)) + takes_and_drops(bytes(9)); //= ^9 2a 14b 1x
    length + both + takes_and_drops(bytes(9)) //= ^9 1a 9b 1x
} //= 1x last

fn main() {
    exact::program(|| {
        outermost("outermost_of_three", outermost_of_three);
        outermost("calls_what_frees", calls_what_frees);
        outermost("passes_on", passes_on);
    });
}
