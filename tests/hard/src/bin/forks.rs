//! A program that forks: only the first process reports, and each measures itself.
#![allow(missing_docs)]

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use hard::{in_fork, look_at};
use mem_profile::{LineSnapshot, mem_profile};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

const PAGES: usize = 4096;
const SIZE: usize = PAGES * 4096;

#[mem_profile]
fn fill() -> Vec<u8> {
    let kept = vec![1_u8; SIZE];
    kept
}

#[mem_profile]
fn step(size: usize) {
    let kept = vec![1_u8; size];
    look_at(&kept);
}

fn line(function: &str, row: usize) -> LineSnapshot {
    let snapshot = mem_profile::snapshot();
    let path = format!("::{function}");
    let function = snapshot.functions.into_iter().find(|f| f.name.ends_with(&path));
    function.expect("the function ran").lines.swap_remove(row)
}

/// The child ends normally, so it runs the same exit handlers as its parent.
fn exits() {
    look_at(&fill());
    assert_eq!(in_fork(|| 5), 5);
}

/// Memory that the child fills is on its line, and not on the parent's.
fn measures() {
    step(10);
    let status = in_fork(|| {
        let kept = fill();
        println!("child {}", line("fill", 2).increment.unwrap());
        look_at(&kept);
        6
    });
    assert_eq!(status, 6);
    println!("parent {}", mem_profile::snapshot().functions.len());
    let kept = fill();
    println!("parent {}", line("fill", 2).increment.unwrap());
    look_at(&kept);
}

/// Children of a process whose other threads run on.
fn with_threads() {
    static DONE: AtomicBool = AtomicBool::new(false);
    let busy = || {
        while !DONE.load(Relaxed) {
            step(100);
        }
    };
    let threads: Vec<_> = (0..4).map(|_| thread::spawn(busy)).collect();
    step(1000);
    for _ in 0..50 {
        let status = in_fork(|| {
            let before = line("step", 2).occurrences.unwrap();
            let own = thread::spawn(|| (0..50).for_each(|_| step(30)));
            (0..50).for_each(|_| step(20));
            own.join().unwrap();
            let after = line("step", 2).occurrences.unwrap();
            i32::try_from(after - before).unwrap_or(1)
        });
        assert_eq!(status, 100);
    }
    DONE.store(true, Relaxed);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    println!("{}", line("step", 2).increment.unwrap());
}

fn main() {
    match hard::scene().as_str() {
        "exits" => exits(),
        "measures" => measures(),
        "with_threads" => with_threads(),
        other => panic!("{other}?"),
    }
}
