//! `if` in all its forms.

use exact::{bytes, outermost};
use mem_profile::mem_profile;
use std::hint::black_box;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

#[rustfmt::skip]
#[mem_profile] //= 4x
fn chain(number: usize) -> Vec<u8> {
    if number == 0 { //= 4x
        bytes(10) //= +10 ^10 1a 10b 1x
    } else if number == 1 { //= 3x
        let scratch = bytes(20); //= +20 ^20 1a 20b 1x
        bytes(scratch.len() + 5) //= +25 ^25 1a 25b 1x
    } else if bytes(2).len() == number { //= -20 ^2 2a 4b 3x
        bytes(30) //= +30 ^30 1a 30b 1x
    } else {
        let kept = bytes(40); //= +40 ^40 1a 40b 1x
        kept //= 1x
    } //= 1x
}

#[rustfmt::skip]
#[mem_profile] //= 3x
fn if_let(value: Option<usize>) -> usize {
    // In the branch that is taken, the temporaries of the condition live until its end.
    if let Some(size) = value //= ^12 1a 12b 3x
        && let Some(last) = bytes(size).last()
        && *last == 0
    {
        let copy = bytes(size); //= +12 ^12 1a 12b 1x
        copy.len() //= 1x
    } else { //= -12 1x
        bytes(3).len() //= ^3 2a 6b 2x
    }
}

#[rustfmt::skip]
#[mem_profile] //= 2x
fn let_else(value: Option<usize>) -> usize {
    let before = bytes(50); //= +100 ^50 2a 100b 2x
    let Some(size) = value else { //= 2x
        drop(bytes(9)); //= ^9 1a 9b 1x
        return before.len(); //= -50 1x
    };
    let after = bytes(size); //= +8 ^8 1a 8b 1x
    before.len() + after.len() //= 1x
} //= -58 1x

#[rustfmt::skip]
#[mem_profile] //= 3x
fn early_return(depth: usize) -> usize {
    let outer = bytes(1000); //= +3000 ^1000 3a 3000b 3x
    if depth > 0 { //= 3x
        let middle = bytes(100); //= +200 ^100 2a 200b 2x
        if depth > 1 { //= 2x
            let inner = bytes(10); //= +10 ^10 1a 10b 1x
            return inner.len() + middle.len() + outer.len(); //= -1110 1x
        }
        black_box(&middle); //= 1x
    } //= -100 1x
    drop(outer); //= -2000 2x
    depth //= 2x
} //= 2x

#[mem_profile] //= 4x
fn question(text: &str) -> Result<usize, std::num::ParseIntError> {
    let scratch = bytes(70); //= +280 ^70 4a 280b 4x
    let number: usize = text.parse()?; //= -140 4x
    let more = bytes(number); //= +3 ^2 2a 3b 2x
    Ok(scratch.len() + more.len()) //= 2x
} //= -143 2x

#[rustfmt::skip]
#[mem_profile] //= 2x
fn question_in_a_block(value: Option<usize>) -> Option<usize> {
    let outer = bytes(30); //= +60 ^30 2a 60b 2x
    let size = { //= 2x
        let inner = bytes(4); //= +8 ^4 2a 8b 2x
        drop(inner); //= -8 2x
        let inner = bytes(5); //= +10 ^5 2a 10b 2x
        let size = value?; //= -35 2x
        size + inner.len() //= 1x
    }; //= -5 1x
    Some(outer.len() + size) //= 1x
} //= -30 1x

#[rustfmt::skip]
#[mem_profile] //= 2x
fn let_with_if(flag: bool) -> usize {
    let value = if flag { bytes(11) } else { bytes(12) }; //= +23 ^12 2a 23b 2x
    let other = if flag { //= 2x
        bytes(13) //= +13 ^13 1a 13b 1x
    } else {
        bytes(14) //= +14 ^14 1a 14b 1x
    };
    value.len() + other.len() //= 2x
} //= -50 2x

fn main() {
    exact::program(|| {
        for number in 0..4 {
            drop(outermost("chain", || chain(number)));
        }
        for value in [Some(12), Some(0), None] {
            outermost("if_let", || if_let(value));
        }
        for value in [Some(8), None] {
            outermost("let_else", || let_else(value));
            outermost("question_in_a_block", || question_in_a_block(value));
        }
        for depth in 0..3 {
            outermost("early_return", || early_return(depth));
        }
        for text in ["1", "x", "2", ""] {
            outermost("question", || question(text)).ok();
        }
        for flag in [true, false] {
            outermost("let_with_if", || let_with_if(flag));
        }
    });
}
