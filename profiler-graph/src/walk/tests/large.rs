//! Shapes on which recursion overflows the stack. `.ci/run heap_graph` runs them, optimised.

use super::hand::{HEAP, Heap, STATICS};
use crate::layout::*;

/// A list of nodes of 16 bytes, each of which owns the next.
fn list(count: u64) -> Heap {
    let mut heap = Heap::new();
    let number = heap.types.plain("u64", 8);
    let node = TypeId(number.0 + 2);
    let next = heap.types.pointer("Box<Node>", To::One(node), Holds::Owns);
    assert_eq!(heap.types.structure("Node", 16, &[("id", 0, number), ("next", 8, next)]), node);
    heap.types.variable("app::FIRST", STATICS, next);
    for index in 1..=count {
        // The first word is a plain number, though it looks like an address.
        heap.block(&[HEAP, if index < count { HEAP + index * 16 } else { 0 }]);
    }
    heap.statics = vec![HEAP];
    heap
}

#[test]
#[ignore = "large: `.ci/run heap_graph`"]
fn a_list_of_ten_million_that_own_each_other() {
    let count = 10_000_000;
    let graph = list(count).graph();
    assert_eq!((graph.edges.between.edges() as u64, graph.cycles().len()), (count - 1, 0));
    assert_eq!(graph.retained(1)[0].retained, count * 16);
}

#[test]
#[ignore = "large: `.ci/run heap_graph`"]
fn a_vector_of_ten_million_boxes() {
    let count = 10_000_000;
    let mut heap = Heap::new();
    let leaf = heap.types.plain("[u8; 16]", 16);
    let boxed = heap.types.boxed(leaf);
    let vector = heap.types.vec(boxed);
    heap.types.variable("app::ALL", STATICS, vector);
    let leaves: Vec<_> = (0..count).map(|_| heap.block_of(0, 16, &[])).collect();
    let buffer = heap.block(&leaves);
    heap.statics = vec![count, buffer, count];
    let graph = heap.graph();
    assert_eq!(graph.retained(1)[0].retained, count * (16 + 8));
}
