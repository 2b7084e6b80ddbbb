//! The peak of a function is the most that one call and what it called held above the memory in use at its
//! entry. The budget `max_peak` limits it: each call passes with this peak, and fails with one byte less.

use exact::{block_on, bytes, join, pause};
use mem_profile::{assert_budget, mem_profile};
use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

#[mem_profile] //= ^610 6x
fn inside_a_line(size: usize) -> Vec<u8> {
    let kept = bytes(10); //= +60 ^10 6a 60b 6x
    drop((bytes(size), bytes(size))); //= ^600 12a 2800b 6x
    kept //= 6x
} //= 6x

#[mem_profile] //= ^710 2x
fn in_a_callee() {
    let kept = bytes(100); //= +200 ^100 2a 200b 2x
    drop(inside_a_line(300)); //= ^610 6a 1220b 2x
    drop(kept); //= -200 2x
    drop(inside_a_line(100)); //= ^210 6a 420b 2x
} //= 2x

// Its highest line rises by 1,000 only.
#[mem_profile] //= ^1500 2x
fn over_several_lines() {
    let first = bytes(500); //= +1000 ^500 2a 1000b 2x
    let second = bytes(1000); //= +2000 ^1000 2a 2000b 2x
    drop(first); //= -1000 2x
    drop(second); //= -2000 2x
    drop(bytes(900)); //= ^900 2a 1800b 2x
} //= 2x

#[rustfmt::skip]
#[mem_profile] //= ^400 8x
fn recursive(depth: usize) -> usize {
    let kept = bytes(100); //= +800 ^100 8a 800b 8x
    if depth > 0 { //= 8x
        black_box(recursive(depth - 1)); //= ^300 6x
    }
    kept.len() //= 8x
} //= -800 8x

// The outer call only gives back: the inner one begins 1,000 lower, and rises by 70.
#[rustfmt::skip]
#[mem_profile] //= ^70 4x
fn falling(mut given: Vec<Vec<u8>>) {
    if given.len() == 2 { //= 4x
        drop(given.pop()); //= -2000 2x
        // The parameter is dropped here, with the second block.
        falling(given); //= -2096 ^70 2x
    } else {
        drop(bytes(70)); //= ^70 2a 140b 2x
    }
}

#[rustfmt::skip]
#[mem_profile] //= ^350 2x
fn with_a_closure() {
    let kept = bytes(50); //= +100 ^50 2a 100b 2x
    let scratch = |size| { //= 2x
        drop(bytes(size)); //= ^300 4a 800b 4x
    };
    scratch(300); //= ^300 2x
    scratch(100); //= ^100 2x
    drop(kept); //= -100 2x
} //= 2x

// A block kept at one `.await` is there at the next ones too; blocks of the other half are not its own.
#[mem_profile] //= ^1100 4x
async fn in_two_polls(size: usize) {
    let first = bytes(100); //= +400 ^100 4a 400b 4x
    pause().await; //= 4x
    drop(bytes(size)); //= ^1000 4a 3000b 4x
    pause().await; //= 4x
    drop(first); //= -400 4x
} //= 4x

// Both keep 100 when the second one rises.
#[mem_profile] //= ^1200 2x
async fn two_halves() {
    join(in_two_polls(500), in_two_polls(1000)).await; //= ^1200 8a 3400b 2x
}

#[mem_profile] //= ^800 8x
fn on_a_thread(size: usize) {
    drop(bytes(size)); //= ^800 8a 4000b 8x
}

#[mem_profile] //= ^0 1x
fn without_memory() -> usize {
    black_box(1) //= 1x
}

// It ends the program, and knows what it holds.
#[mem_profile] //= ^1200 1x
fn open() {
    let held = bytes(200); //= +200 ^200 1a 200b 1x
    drop(bytes(1000)); //= ^1000 1a 1000b 1x
    black_box(&held); //= 1x
    open_callee(); //= +30 ^30 1a 30b 1x
    drop(held);
}

#[mem_profile] //= ^30 1x
fn open_callee() {
    let held = bytes(30); //= +30 ^30 1a 30b 1x
    black_box(&held); //= 1x
    exact::leave(); //= 1x
}

/// Passes with the limit, and fails with the one that is a byte less.
macro_rules! peaks_at {
    ($peak:tt, $less:tt, $call:expr) => {
        assert_budget!(max_peak = $peak, { $call });
        let exceeded = catch_unwind(AssertUnwindSafe(|| {
            assert_budget!(max_peak = $less, { $call });
        }));
        drop(exceeded.expect_err("one byte more than allowed"));
    };
}

fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    exact::program(|| {
        peaks_at!("610 B", "609 B", inside_a_line(300));
        peaks_at!("710 B", "709 B", in_a_callee());
        peaks_at!("1500 B", "1499 B", over_several_lines());
        peaks_at!("400 B", "399 B", recursive(3));
        peaks_at!("350 B", "349 B", with_a_closure());
        peaks_at!("1200 B", "1199 B", block_on(two_halves()));
        for _ in 0..2 {
            falling(vec![bytes(1000), bytes(1000)]);
        }
        for _ in 0..2 {
            let sizes = [100, 800, 700, 400].into_iter();
            let threads = sizes.map(|size| thread::spawn(move || on_a_thread(size)));
            threads.for_each(|thread| thread.join().expect("it ended"));
        }
        without_memory();
        open();
    });
}
