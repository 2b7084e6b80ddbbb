//! Labels, and jumps over more than one block.

use exact::{bytes, outermost};
use mem_profile::mem_profile;
use std::hint::black_box;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

#[rustfmt::skip]
#[mem_profile] //= 1x
fn labelled_break() -> usize {
    let mut rounds = 0; //= 1x
    let found = 'search: loop { //= 3x
        for number in 0..3 { //= 7x
            rounds += 1; //= 5x
            if rounds == 5 { //= 5x
                break 'search bytes(number); //= +1 ^1 1a 1b 1x
            }
        }
        drop(bytes(6)); //= ^6 1a 6b 1x
    };
    found.len() //= 1x
} //= -1 1x

#[rustfmt::skip]
#[mem_profile] //= 1x
fn labelled_continue() -> usize {
    let mut sum = 0; //= 1x
    'rows: for row in 1..=3 { //= 4x
        for column in 1..=3 { //= 11x
            if column > row { //= 8x
                drop(bytes(50)); //= ^50 2a 100b 2x
                continue 'rows; //= 2x
            }
            sum += bytes(column).len(); //= ^3 6a 10b 6x
        }
        sum += 1; //= 1x
    }
    sum //= 1x
} //= 1x

#[rustfmt::skip]
#[mem_profile] //= 1x
fn labelled_block() -> Vec<u8> {
    let size = black_box(9); //= 1x
    let kept = 'choose: { //= 1x
        if size < 5 { //= 1x
            break 'choose bytes(1);
        }
        if size < 10 { //= 1x
            break 'choose bytes(2); //= +2 ^2 1a 2b 1x
        }
        bytes(3)
    };
    kept //= 1x
} //= 1x last

#[rustfmt::skip]
#[mem_profile] //= 1x
#[expect(clippy::never_loop)]
fn loop_in_a_loop() {
    let mut left = 2; //= 1x
    'outer: while left > 0 { //= 3x
        left -= 1; //= 2x
        loop { //= 4x
            drop(bytes(8)); //= ^8 2a 16b 2x
            if left == 0 { //= 2x
                break 'outer; //= 1x
            }
            break; //= 1x
        }
        drop(bytes(4)); //= ^4 1a 4b 1x
    }
} //= 1x

#[rustfmt::skip]
#[mem_profile] //= 2x
fn jump_in_an_expression(limit: usize) -> usize {
    let mut sum = 0; //= 2x
    for number in 0..4 { //= 9x
        let size = if number < limit { number } else { break }; //= 7x
        let piece = bytes(size + 1); //= +13 ^4 6a 13b 6x
        sum += piece.len(); //= 6x
    } //= -13 6x
    sum //= 2x
} //= 2x

#[rustfmt::skip]
#[mem_profile] //= 1x
fn return_from_a_loop() -> usize {
    let outer = bytes(100); //= +100 ^100 1a 100b 1x
    for number in 0.. { //= 4x
        let piece = bytes(10); //= +30 ^10 3a 30b 3x
        if number == 2 { //= 3x
            return outer.len() + piece.len(); //= -110 1x
        }
        black_box(&piece); //= 2x
    } //= -20 2x
    unreachable!()
}

#[rustfmt::skip]
#[mem_profile] //= 1x
fn local_left_by_continue() {
    for number in 0..3 { //= 4x
        let piece = bytes(10); //= +30 ^10 3a 30b 3x
        match number { //= -20 3x
            0 => continue, //= 1x
            1 => { //= 1x
                drop(bytes(5)); //= ^5 1a 5b 1x
                continue; //= 1x
            }
            _ => black_box(&piece), //= 1x
        };
    } //= -10 1x
}

fn main() {
    exact::program(|| {
        outermost("labelled_break", labelled_break);
        outermost("labelled_continue", labelled_continue);
        drop(outermost("labelled_block", labelled_block));
        outermost("loop_in_a_loop", loop_in_a_loop);
        for limit in [2, 9] {
            outermost("jump_in_an_expression", || jump_in_an_expression(limit));
        }
        outermost("return_from_a_loop", return_from_a_loop);
        outermost("local_left_by_continue", local_left_by_continue);
    });
}
