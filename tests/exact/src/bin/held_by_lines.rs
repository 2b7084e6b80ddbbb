//! At the peak and at the end, each byte is on the line that has allocated it, whoever has called that line
//! and whoever frees it.

use exact::{bytes, outermost};
use mem_profile::mem_profile;
use std::hint::black_box;
use std::mem;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

#[mem_profile] //= 3x
fn callee(size: usize) -> Vec<u8> {
    bytes(size) //= +600000 ^300000 3a 600000b 3x 300000p 300000l
}

#[rustfmt::skip]
#[mem_profile] //= 1x
fn caller() -> Vec<u8> {
    let first = callee(100_000); //= +100000 ^100000 1a 100000b 1x
    let own = bytes(5_000); //= +5000 ^5000 1a 5000b 1x
    let second = callee(200_000); //= +200000 ^200000 1a 200000b 1x
    drop(first); //= -100000 1x
    drop(second); //= -200000 1x
    own.len(); //= 1x
    callee(300_000) //= +300000 ^300000 1a 300000b 1x
} //= -5000 1x

#[rustfmt::skip]
#[mem_profile] //= 1x
fn grows_and_shrinks() -> Vec<u8> {
    let mut block: Vec<u8> = Vec::with_capacity(100_000); //= +100000 ^100000 1a 100000b 1x
    block.reserve_exact(500_000); //= +400000 ^400000 400000b 1x 500000p
    black_box(&mut block); //= 1x
    block.shrink_to(30_000); //= -470000 1x 30000l
    block //= 1x
} //= 1x

#[rustfmt::skip]
#[mem_profile] //= 1x
fn forgets() {
    let block = bytes(70_000); //= +70000 ^70000 1a 70000b 1x 70000l
    mem::forget(block); //= 1x
} //= 1x

fn main() {
    exact::program(|| {
        let kept = outermost("caller", caller);
        let block = outermost("grows_and_shrinks", grows_and_shrinks);
        outermost("forgets", forgets);
        mem::forget((kept, block));
    });
}
