//! The smallest useful program: one attribute, exact bytes.
//!
//! `cargo run --example quickstart`

use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

#[mem_profile]
fn build() -> usize {
    let a = vec![7; 1 << 20];
    let mut b = a.repeat(5);
    b.sort();
    drop(a);
    b.len()
}

fn main() {
    println!("{} numbers", build());
}
