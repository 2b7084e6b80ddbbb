//! A recursive function: every byte is on one line once, at any depth.
//!
//! `cargo run --example recursion`

use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

struct Tree {
    children: Vec<Tree>,
    payload: Vec<u8>,
}

#[mem_profile]
fn grow(depth: usize) -> Tree {
    let payload = vec![0; 1000];
    let mut children = Vec::new();
    if depth > 0 {
        children.reserve_exact(2);
        children.push(grow(depth - 1));
        children.push(grow(depth - 1));
    }
    Tree { children, payload }
}

fn weigh(tree: &Tree) -> usize {
    tree.payload.len() + tree.children.iter().map(weigh).sum::<usize>()
}

fn main() {
    println!("{} bytes in the leaves and nodes", weigh(&grow(9)));
}
