//! Recursion is folded on paths, and each byte stays on the line that has allocated it.

use exact::{bytes, outermost};
use mem_profile::mem_profile;
use std::hint::black_box;
use std::mem;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

#[rustfmt::skip]
#[mem_profile] //= 4x ^400000
fn direct(depth: usize) -> usize {
    let kept = bytes(100_000); //= +400000 ^100000 4a 400000b 4x 400000p
    if depth > 0 { //= 4x
        let below = direct(depth - 1); //= ^300000 3x
        black_box(below); //= 3x
    } //= 3x
    kept.len() //= 4x
} //= -400000 4x

#[rustfmt::skip]
#[mem_profile] //= 3x
fn ping(count: usize, out: &mut Vec<Vec<u8>>) {
    out.push(bytes(100)); //= +300 ^100 3a 300b 3x 300p 300l
    if count > 0 { //= 3x
        pong(count, out); //= +40 ^240 2a 40b 2x
    }
}

#[mem_profile] //= 2x
fn pong(count: usize, out: &mut Vec<Vec<u8>>) {
    out.push(bytes(20)); //= +40 ^20 2a 40b 2x 40p 40l
    ping(count - 1, out); //= +200 ^220 2a 200b 2x
}

fn main() {
    exact::program(|| {
        let mut out = Vec::with_capacity(5);
        outermost("ping", || ping(2, &mut out));
        outermost("direct", || direct(3));
        mem::forget(out);
    });
}
