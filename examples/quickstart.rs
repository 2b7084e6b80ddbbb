//! The smallest useful program: one attribute, exact bytes.
//!
//! `cargo run --example quickstart`

use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

#[mem_profile]
fn build() -> usize {
    let numbers: Vec<u64> = (0..1_000_000).collect();
    let text = numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
    drop(numbers);
    text.len()
}

fn main() {
    println!("{} characters", build());
}
