//! Many calls and events, deep recursion, and a thread that never ends.
#![allow(missing_docs)]

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use hard::{look_at, resident_pages};
use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

#[mem_profile]
fn count(turns: u64) -> u64 {
    let mut sum = 0;
    for turn in 0..turns {
        sum += turn;
    }
    sum
}

#[mem_profile]
fn call(size: usize) {
    let kept = vec![1_u8; size];
    look_at(&kept);
}

#[mem_profile]
fn descend(depth: usize) -> usize {
    let kept = Box::new([1_u8; 10]);
    let below = if depth > 1 { descend(depth - 1) } else { 0 };
    below + kept.len()
}

static TURNS: AtomicU64 = AtomicU64::new(0);

#[mem_profile]
fn run_on() {
    let mut kept = vec![1_u8; 40];
    loop {
        kept = vec![kept[0]; 40];
        TURNS.fetch_add(1, Relaxed);
    }
}

/// Pages that the resident set grew by.
fn growth(work: impl Fn()) -> u64 {
    let round = || {
        work();
        resident_pages()
    };
    // Code that runs for the first time is mapped sixteen pages at a time.
    let _warm = (round(), round());
    let before = round();
    round().saturating_sub(before)
}

fn come_and_go() {
    for _ in 0..500 {
        thread::spawn(|| call(100)).join().unwrap();
    }
}

fn descend_on_a_big_stack(levels: usize) {
    let builder = thread::Builder::new().stack_size(levels * 4096);
    assert_eq!(builder.spawn(move || descend(levels)).unwrap().join().unwrap(), levels * 10);
}

fn run_beyond_the_end() {
    thread::spawn(run_on);
    while TURNS.load(Relaxed) < 1000 {
        thread::sleep(Duration::from_millis(1));
    }
}

fn main() {
    match hard::scene().as_str() {
        "events" => println!("{}", growth(|| look_at(&count(10_000_000)))),
        "calls" => println!("{}", growth(|| (0..500_000).for_each(|_| call(100)))),
        "threads" => println!("{}", growth(come_and_go)),
        "deep" => descend_on_a_big_stack(100_000),
        "running" => run_beyond_the_end(),
        other => panic!("{other}?"),
    }
}
