//! Threads that run at one time and allocate one block each: what a sample holds of them.

use std::sync::Barrier;

use mem_profile::trace::{self, By, Config};
use traced::bytes;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

const THREADS: usize = 200;

fn main() {
    trace::start(Config::sampled(4096)).expect("it can be traced");
    let barrier = Barrier::new(THREADS);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                std::mem::forget(bytes(100));
                barrier.wait();
            });
        }
    });
    let stacks = trace::snapshot().statistics(By::Traceback);
    let is_theirs = |one: &&trace::Statistic| {
        let mut frames = one.traceback.iter();
        frames.any(|frame| frame.function.contains("traced::bytes"))
    };
    println!("{}", stacks.iter().filter(is_theirs).map(|one| one.size).sum::<i64>());
}
