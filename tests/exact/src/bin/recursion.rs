//! Every byte is on one line of a table once, at any depth of the recursion.

use exact::{bytes, outermost};
use mem_profile::mem_profile;
use std::hint::black_box;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

#[rustfmt::skip]
#[mem_profile] //= 4x
fn direct(depth: usize) -> usize {
    let kept = bytes(100); //= +400 ^100 4a 400b 4x
    if depth > 0 { //= 4x
        // The callee's memory is on the callee's lines; only its peak is here as well.
        let below = direct(depth - 1); //= ^300 3x
        black_box(below); //= 3x
    } //= 3x
    kept.len() //= 4x
} //= -400 4x

struct Node {
    payload: Vec<u8>,
    children: Vec<Node>,
}

#[rustfmt::skip]
#[mem_profile] //= 7x
fn tree(depth: usize) -> Node {
    let payload = bytes(10); //= +70 ^10 7a 70b 7x
    let mut children = Vec::new(); //= 7x
    if depth > 0 { //= 7x
        // Two nodes of two vectors each.
        children.reserve_exact(2); //= +288 ^96 3a 288b 3x
        children.push(tree(depth - 1)); //= ^126 3x
        children.push(tree(depth - 1)); //= ^126 3x
    }
    Node { payload, children } //= 7x
} //= 7x

fn weigh(node: &Node) -> usize {
    node.payload.len() + node.children.iter().map(weigh).sum::<usize>()
}

#[rustfmt::skip]
#[mem_profile] //= 3x
fn ping(count: usize, out: &mut Vec<Vec<u8>>) {
    out.push(bytes(100)); //= +300 ^100 3a 300b 3x
    if count > 0 { //= 3x
        // Of the memory below, the part that no inner `ping` has: the vectors of `pong`.
        pong(count, out); //= +40 ^240 2a 40b 2x
    }
}

#[mem_profile] //= 2x
fn pong(count: usize, out: &mut Vec<Vec<u8>>) {
    out.push(bytes(20)); //= +40 ^20 2a 40b 2x
    ping(count - 1, out); //= +200 ^220 2a 200b 2x
}

#[mem_profile] //= 2x
fn falling(count: usize, stack: &mut Vec<Vec<u8>>) {
    drop(bytes(1000)); //= ^1000 2a 2000b 2x
    rising(count, stack); //= -30 ^1980 1a 2000b 2x
}

#[rustfmt::skip]
#[mem_profile] //= 2x
fn rising(count: usize, stack: &mut Vec<Vec<u8>>) {
    stack.pop(); //= -30 2x
    if count > 0 { //= 2x
        drop(bytes(2000)); //= ^2000 1a 2000b 1x
        falling(count - 1, stack); //= ^1000 1a 1000b 1x
    }
}

fn main() {
    exact::program(|| {
        outermost("direct", || direct(3));
        let root = outermost("tree", || tree(2));
        let mut out = Vec::with_capacity(5);
        outermost("ping", || ping(2, &mut out));
        let mut stack = vec![bytes(10), bytes(20)];
        outermost("falling", || falling(1, &mut stack));
        assert_eq!(weigh(&root), 70);
    });
}
