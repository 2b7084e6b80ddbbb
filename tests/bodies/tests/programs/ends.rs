//! Ends abnormally, in a way that its argument chooses.

use std::future::{Future, ready};
use std::panic::catch_unwind;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Panics when it is dropped.
struct Bomb(&'static str);

impl Drop for Bomb {
    fn drop(&mut self) {
        println!("drop {}", self.0);
        panic!("{}", self.0);
    }
}

/// Prints when it is dropped.
struct Prints(&'static str);

impl Drop for Prints {
    fn drop(&mut self) {
        println!("drop {}", self.0);
    }
}

#[mem_profile::mem_profile]
fn at_the_closing_brace() -> usize {
    let _before = Prints("before");
    let _bomb = Bomb("at the brace");
    let _after = Prints("after");
    3
}

#[mem_profile::mem_profile]
fn in_a_nested_block(which: usize) {
    let _outer = Prints("outer");
    for turn in 0..which {
        let _turn = Prints("turn");
        match turn {
            1 => {
                let _bomb = Bomb("in the arm");
            }
            _ => drop(Prints("arm")),
        }
    }
}

#[mem_profile::mem_profile]
fn of_a_temporary() -> usize {
    let _local = Prints("local");
    Bomb("of the tail").0.len()
}

#[mem_profile::mem_profile]
fn while_unwinding(number: usize) -> usize {
    let _local = Prints("local");
    let _bomb = Bomb("second");
    if number > 2 {
        let _inner = Prints("inner");
        panic!("first");
    }
    number
}

#[mem_profile::mem_profile]
fn while_a_closure_unwinds(numbers: &[usize]) -> usize {
    let _local = Prints("local");
    let sum = numbers.iter().map(|number| {
        let _bomb = Bomb("second");
        number - 1
    });
    sum.sum()
}

#[mem_profile::mem_profile]
async fn while_a_future_unwinds(number: usize) -> usize {
    let _bomb = Bomb("second");
    bodies::pause().await;
    let block = async {
        let _inner = Prints("inner");
        ready(()).await;
        assert_eq!(number, 0, "first");
    };
    block.await;
    number
}

#[mem_profile::mem_profile]
async fn when_dropped(number: usize) -> usize {
    let _local = Prints("local");
    let _bomb = Bomb("cancelled");
    bodies::pause().await;
    number
}

#[mem_profile::mem_profile]
extern "C" fn out_of_foreign_code(number: usize) -> usize {
    let _local = Prints("local");
    match number {
        0 => number,
        _ => panic!("first"),
    }
}

#[mem_profile::mem_profile]
fn aborts(number: usize) -> usize {
    let _local = Prints("local");
    if number > 2 {
        std::process::abort();
    }
    number
}

#[mem_profile::mem_profile]
fn exits(number: usize) -> usize {
    let _local = Prints("local");
    let code = || {
        let status = number as i32;
        std::process::exit(status)
    };
    code()
}

fn poll(polls: usize, future: impl Future) {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..polls {
        if let Poll::Ready(_) = future.as_mut().poll(&mut context) {
            return;
        }
    }
}

fn main() {
    let number = 3;
    match std::env::args().nth(1).as_deref() {
        Some("brace") => drop(at_the_closing_brace()),
        Some("caught") => println!("{}", catch_unwind(at_the_closing_brace).is_err()),
        Some("nested") => in_a_nested_block(number),
        Some("temporary") => drop(of_a_temporary()),
        Some("unwinding") => drop(while_unwinding(number)),
        Some("closure") => drop(while_a_closure_unwinds(&[0, 1])),
        Some("future") => poll(2, while_a_future_unwinds(number)),
        Some("cancelled") => poll(1, when_dropped(number)),
        Some("foreign") => drop(out_of_foreign_code(number)),
        Some("abort") => drop(aborts(number)),
        Some("exit") => drop(exits(number)),
        other => unreachable!("{other:?}"),
    }
}
