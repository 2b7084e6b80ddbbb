//! A closure with a block holds on its own lines what it has allocated; one without is part of the line that calls
//! it.

use std::mem;

use exact::{bytes, outermost};
use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

type Make = fn(usize) -> Vec<u8>;

#[rustfmt::skip]
#[mem_profile] //= 1x
fn makes() -> (Make, Make) {
    let of_block = |size: usize| { //= 1x
        bytes(size) //= +70000 ^40000 2a 70000b 2x 70000p 40000l
    };
    let of_expression = |size: usize| bytes(size); //= 1x
    (of_block, of_expression) //= 1x
} //= 1x

#[rustfmt::skip]
#[mem_profile] //= 1x
fn calls((of_block, of_expression): (Make, Make)) -> [Vec<u8>; 2] {
    let first = of_block(40_000); //= +40000 ^40000 1a 40000b 1x
    let second = of_expression(50_000); //= +50000 ^50000 1a 50000b 1x 50000p 50000l
    let third = of_block(30_000); //= +30000 ^30000 1a 30000b 1x
    let peak = of_expression(800_000); //= +800000 ^800000 1a 800000b 1x 800000p
    drop((third, peak)); //= -830000 1x
    [first, second] //= 1x
} //= 1x

#[rustfmt::skip]
#[mem_profile] //= 1x
fn collects() -> Vec<Vec<u8>> {
    (1..=3) //= +72 ^60072 1a 72b 1x 72p 72l
        .map(|size| {
            bytes(10_000 * size) //= +60000 ^30000 3a 60000b 3x 60000p 60000l
        })
        .collect()
}

/// Not annotated: it calls what it is given.
fn twice(mut work: impl FnMut()) {
    work();
    work();
}

#[rustfmt::skip]
#[mem_profile] //= 1x
fn captures() -> Vec<Vec<u8>> {
    let mut all = Vec::with_capacity(4); //= +96 ^96 1a 96b 1x 96p 96l
    twice(|| { //= ^6000 1x
        all.push(bytes(3000)); //= +6000 ^3000 2a 6000b 2x 6000p 6000l
    });
    let held = bytes(900); //= +900 ^900 1a 900b 1x 900p 900l
    let give = move || { held }; //= 1x
    all.push(give()); //= 1x
    all //= 1x
} //= 1x

fn main() {
    exact::program(|| {
        let collected = outermost("collects", collects);
        let captured = outermost("captures", captures);
        let made = makes();
        let called = outermost("calls", || calls(made));
        mem::forget((collected, captured, called));
    });
}
