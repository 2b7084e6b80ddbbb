//! All threads share one table, with each byte on the line that allocated it.
//!
//! `cargo run --example threads`

use std::thread;

use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

#[mem_profile]
fn work(size: usize) -> Vec<u8> {
    let input = vec![1; size];
    let doubled: Vec<u8> = input.iter().map(|byte| byte * 2).collect();
    doubled
}

fn main() {
    let workers: Vec<_> = (1..=8).map(|n| thread::spawn(move || work(n << 20))).collect();
    let total: usize = workers.into_iter().map(|worker| worker.join().unwrap().len()).sum();
    println!("{total} bytes made by 8 threads");
}
