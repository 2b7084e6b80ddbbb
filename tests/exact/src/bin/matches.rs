//! The arm that ran is a line; after it, the line of the `match` continues.

use exact::{bytes, outermost};
use mem_profile::mem_profile;
use std::hint::black_box;

#[global_allocator]
static ALLOC: mem_profile::Alloc<exact::Truth> =
    mem_profile::Alloc::wrap(exact::Truth(std::alloc::System));

#[rustfmt::skip]
#[mem_profile] //= 5x
fn arms(kind: usize) -> Vec<u8> {
    match kind { //= 5x
        0 => bytes(10), //= +10 ^10 1a 10b 1x
        1 => { //= 1x
            let scratch = bytes(20); //= +20 ^20 1a 20b 1x
            bytes(scratch.len() + 1) //= +21 ^21 1a 21b 1x
        } //= -20 1x
        2 => { //= 1x
            bytes(30) //= +30 ^30 1a 30b 1x
        }
        _ => bytes(40), //= +80 ^40 2a 80b 2x
    }
}

#[rustfmt::skip]
#[mem_profile] //= 4x
fn guards(number: usize) -> usize {
    let result = match number { //= ^7 4a 28b 4x
        n if bytes(7).len() == n => 1,  //= 1x
        n if n > 100 => bytes(n).len(), //= ^200 1a 200b 1x
        5 => 2,                         //= 1x
        _ => 3,                         //= 1x
    };
    black_box(result) //= 4x
} //= 4x

#[rustfmt::skip]
#[mem_profile] //= 3x
fn several_lines(number: usize) -> Vec<u8> {
    match number { //= 3x
        1 //= +6 ^4 2a 6b 2x
        | 3 => bytes(
            number + 1,
        ),
        4 =>
            bytes(8),
        5 => //= +9 ^9 1a 9b 1x
            bytes(9),
        _ => unreachable!(),
    }
}

#[rustfmt::skip]
#[mem_profile] //= 2x
fn scrutinee(found: bool) -> usize {
    // The scrutinee lives until the end of the `match`, and is freed on its line.
    match bytes(60).first() { //= ^60 2a 120b 2x
        Some(_) if found => bytes(1).len(), //= ^1 1a 1b 1x
        Some(_) => 0,                       //= 1x
        None => 2,
    }
}

#[rustfmt::skip]
#[mem_profile] //= 1x
fn statement_and_let() -> Vec<u8> {
    let mut value = Vec::new(); //= 1x
    match black_box(3) { //= 1x
        3 => value.reserve_exact(300), //= +300 ^300 1a 300b 1x
        _ => value.reserve_exact(400),
    }
    let more = match value.capacity() { //= 1x
        300 => { //= 1x
            drop(value); //= -300 1x
            bytes(1) //= +1 ^1 1a 1b 1x
        }
        _ => value,
    };
    more //= 1x
} //= 1x last

enum Message {
    Text(String),
    Pair { left: Vec<u8>, right: Vec<u8> },
}

#[rustfmt::skip]
#[mem_profile] //= 2x
fn moved_out(message: &mut Option<Message>) -> usize {
    // The bindings of a pattern outlive the arm: they are freed on the line of the `match`.
    match message.take() { //= -47 2x
        Some(Message::Text(text)) => text.len(), //= 1x
        Some(Message::Pair { left, right }) => { //= 1x
            drop(left); //= -11 1x
            right.len() //= 1x
        }
        None => 0,
    }
}

fn main() {
    exact::program(|| {
        for kind in 0..5 {
            drop(outermost("arms", || arms(kind)));
        }
        for number in [7, 200, 5, 6] {
            outermost("guards", || guards(number));
        }
        for number in [1, 3, 5] {
            drop(outermost("several_lines", || several_lines(number)));
        }
        for found in [true, false] {
            outermost("scrutinee", || scrutinee(found));
        }
        drop(outermost("statement_and_let", statement_and_let));
        let mut text = String::with_capacity(25);
        text.push('a');
        let pair = Message::Pair { left: bytes(11), right: bytes(22) };
        for message in [Message::Text(text), pair] {
            let mut message = Some(message);
            outermost("moved_out", || moved_out(&mut message));
        }
    });
}
