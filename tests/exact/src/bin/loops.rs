//! A loop's header counts once more than its body.

use exact::{bytes, outermost};
use mem_profile::mem_profile;
use std::hint::black_box;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

#[rustfmt::skip]
#[mem_profile] //= 1x
fn for_loop() -> Vec<Vec<u8>> {
    let mut all = Vec::with_capacity(3); //= +72 ^72 1a 72b 1x
    for size in [100, 200, 300] { //= 4x
        let piece = bytes(size); //= +600 ^300 3a 600b 3x
        all.push(piece); //= 3x
    } //= 3x
    all //= 1x
} //= 1x last

#[rustfmt::skip]
#[mem_profile] //= 1x
fn freed_at_the_brace() {
    for size in [10, 20] { //= 3x
        let _piece = bytes(size); //= +30 ^20 2a 30b 2x
        black_box(size); //= 2x
    } //= -30 2x
}

#[rustfmt::skip]
#[mem_profile] //= 1x
fn while_loop() {
    let mut left = 3; //= 1x
    while left > 0 { //= 4x
        black_box(bytes(left * 10)); //= ^30 3a 60b 3x
        left -= 1; //= 3x
    }
} //= 1x

#[rustfmt::skip]
#[mem_profile] //= 1x
fn header_allocates() {
    let mut rounds = 0; //= 1x
    while bytes(40).len() > 13 * rounds { //= ^40 5a 200b 5x
        rounds += 1; //= 4x
    }
} //= 1x

#[rustfmt::skip]
#[mem_profile] //= 1x
fn never_entered() {
    for size in std::iter::empty() { //= 1x
        drop(bytes(size));
    }
}

#[rustfmt::skip]
#[mem_profile] //= 1x
fn loop_with_value() -> Vec<u8> {
    let mut rounds = 0; //= 1x
    let found = loop { //= 4x
        rounds += 1; //= 3x
        if rounds == 3 { //= 3x
            break bytes(70); //= +70 ^70 1a 70b 1x
        }
        drop(bytes(5)); //= ^5 2a 10b 2x
    };
    found //= 1x
} //= 1x last

#[rustfmt::skip]
#[mem_profile] //= 1x
fn while_let() -> usize {
    let mut stack = black_box(vec![bytes(30), bytes(20), bytes(10)]); //= +132 ^132 4a 132b 1x
    let mut sum = 0; //= 1x
    while let Some(top) = stack.pop() { //= 4x
        sum += top.len(); //= 3x
        drop(top); //= -60 3x
    }
    sum //= 1x
} //= -72 1x

#[rustfmt::skip]
#[mem_profile] //= 1x
fn moved_into_the_header() -> usize {
    let mut sum = 0; //= 1x
    // The pattern's binding outlives the body: each piece is freed on the header.
    for piece in [bytes(1), bytes(2), bytes(3)] { //= ^6 3a 6b 4x
        sum += piece.len(); //= 3x
    }
    sum //= 1x
} //= 1x

#[rustfmt::skip]
#[mem_profile] //= 1x
fn continued() -> usize {
    let mut sum = 0; //= 1x
    for number in 0..4 { //= 5x
        if number % 2 == 0 { //= 4x
            continue; //= 2x
        }
        let piece = bytes(number); //= +4 ^3 2a 4b 2x
        sum += piece.len(); //= 2x
    } //= -4 2x
    sum //= 1x
} //= 1x

#[rustfmt::skip]
#[mem_profile] //= 1x
fn nested() -> Vec<Vec<u8>> {
    let mut all = Vec::with_capacity(4); //= +96 ^96 1a 96b 1x
    for row in 1..=2 { //= 3x
        for column in 1..=2 { //= 6x
            all.push(bytes(row * column)); //= +9 ^4 4a 9b 4x
        }
    }
    all //= 1x
} //= 1x last

fn main() {
    exact::program(|| {
        drop(outermost("for_loop", for_loop));
        outermost("freed_at_the_brace", freed_at_the_brace);
        outermost("while_loop", while_loop);
        outermost("header_allocates", header_allocates);
        outermost("never_entered", never_entered);
        drop(outermost("loop_with_value", loop_with_value));
        outermost("while_let", while_let);
        outermost("moved_into_the_header", moved_into_the_header);
        outermost("continued", continued);
        drop(outermost("nested", nested));
    });
}
