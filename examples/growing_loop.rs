//! A loop that keeps a value in each iteration: which line grows, and by how much?
//!
//! `cargo run --example growing_loop`

use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

#[mem_profile]
fn collect(rounds: usize) -> Vec<Vec<u8>> {
    let mut kept = Vec::with_capacity(rounds);
    for round in 0..rounds {
        let scratch = vec![0; 64 * 1024];
        if round % 4 == 0 {
            kept.push(scratch);
        } else {
            drop(scratch);
        }
    }
    kept
}

fn main() {
    println!("{} buffers kept", collect(12).len());
}
