//! A thousand tasks take turns on a few threads, and no task is charged for another.
//!
//! `cargo run --example async_tasks`

use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

#[mem_profile]
async fn handle(request: usize) -> usize {
    let body = vec![0_u8; 10_000];
    tokio::task::yield_now().await;
    let answer = vec![request; 100];
    tokio::task::yield_now().await;
    body.len() + answer.len()
}

#[tokio::main(worker_threads = 2)]
async fn main() {
    let tasks: Vec<_> = (0..1000).map(|request| tokio::spawn(handle(request))).collect();
    let mut total = 0;
    for task in tasks {
        total += task.await.unwrap();
    }
    println!("{total} answered");
}
