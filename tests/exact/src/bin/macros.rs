//! A macro's own tokens have no lines: its memory is on the line where it begins.

use exact::{bytes, outermost};
use mem_profile::mem_profile;
use std::hint::black_box;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

macro_rules! two_blocks {
    ($first:expr, $second:expr) => {{
        let scratch = bytes(100);
        let sum = $first + $second;
        drop(scratch);
        sum
    }};
}

macro_rules! declare {
    ($name:ident, $size:expr) => {
        let $name = bytes($size);
    };
}

#[rustfmt::skip]
#[mem_profile] //= 1x
fn invocations() -> usize {
    let both = two_blocks!( //= ^130 3a 130b 1x
        bytes(10).len(),
        bytes(20).len()
    );
    declare!(named, 40); //= +40 ^40 1a 40b 1x
    assert!(bytes(5).len() == 5, "never {}", black_box(String::new())); //= ^5 1a 5b 1x
    let list = black_box(vec![ //= ^82 4a 82b 1x
        bytes(1),
        bytes(2),
        bytes(7),
    ].into_iter().map(|piece| piece.len()).sum::<usize>());
    named.len() + both + list //= 1x
} //= -40 1x last

#[rustfmt::skip]
#[mem_profile] //= 1x
fn declared_in_a_loop() {
    for size in [10, 20] { //= 3x
        declare!(named, size); //= +30 ^20 2a 30b 2x
        black_box(&named); //= -30 2x
    }
    for size in [10, 20] { //= 3x
        black_box(bytes(size)); //= ^20 2a 30b 2x
    }
}

#[rustfmt::skip]
#[mem_profile] //= 2x
fn conditional(flag: bool) -> Vec<u8> {
    #[cfg(any())]
    let value = bytes(1);
    #[cfg(not(any()))]
    let value = bytes(2); //= +4 ^2 2a 4b 2x
    if cfg!(any()) { //= 2x
        drop(bytes(1000));
    }
    #[cfg(not(any()))]
    if flag { //= 2x
        drop(bytes(30)); //= ^30 1a 30b 1x
    }
    #[cfg(any())]
    { value }
    #[cfg(not(any()))]
    { value } //= 2x
} //= 2x

fn main() {
    exact::program(|| {
        outermost("invocations", invocations);
        outermost("declared_in_a_loop", declared_in_a_loop);
        for flag in [true, false] {
            drop(outermost("conditional", || conditional(flag)));
        }
    });
}
