//! Containers that somebody is changing at the moment of the capture.

use super::hand::{COUNTS, Heap, STATICS, edges, lost};
use crate::layout::*;

/// A vector in a static with two elements of three, and the address of its buffer.
fn vector(heap: &mut Heap) -> u64 {
    let leaf = heap.types.plain("[u64; 2]", 16);
    let boxed = heap.types.boxed(leaf);
    let vector = heap.types.vec(boxed);
    heap.types.variable("app::LIST", STATICS, vector);
    let leaves = [(); 3].map(|()| heap.block(&[7, 7]));
    let buffer = heap.block(&leaves);
    heap.statics = vec![3, buffer, 2];
    buffer
}

#[test]
fn spare_capacity_counts_while_a_stack_leads_to_the_vector() {
    let busy = |word: fn(u64) -> u64| {
        let mut heap = Heap::new();
        let buffer = vector(&mut heap);
        heap.stack = vec![word(buffer)];
        let graph = heap.graph();
        (edges(&graph).len(), lost(&graph))
    };
    assert_eq!(busy(|_| 0), (2, vec![2]));
    // A draining iterator has a place in the buffer, and who inserts has the vector.
    assert_eq!(busy(|buffer| buffer + 16), (3, vec![]));
    assert_eq!(busy(|_| STATICS), (3, vec![]));
    assert_eq!(busy(|_| STATICS + 8), (2, vec![2]));
}

#[test]
fn buckets_of_a_table_count_while_it_is_rehashed() {
    for word in [0, STATICS] {
        let mut heap = Heap::new();
        let leaf = heap.types.plain("[u64; 2]", 16);
        let element = heap.types.boxed(leaf);
        let shape = Table { element, control: 0, mask: 8, items: 24 };
        let table = heap.types.add("RawTable<Box>", 32, Shape::Table(shape));
        heap.types.variable("app::MAP", STATICS, table);
        let leaf = heap.block(&[7, 7]);
        // Each bucket that was full is marked as deleted.
        let control = u64::from_le_bytes([0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        let buffer = heap.block_of(0, 32 + 4 + 16, &[0, 0, 0, leaf, control, u64::MAX, u64::MAX]);
        heap.statics = vec![buffer + 32, 3, 0, 1];
        heap.stack = vec![word];
        assert_eq!(lost(&heap.graph()).is_empty(), word != 0);
    }
}

#[test]
fn a_value_counts_while_it_is_dropped() {
    let mut heap = Heap::new();
    let leaf = heap.types.plain("[u64; 2]", 16);
    let boxed = heap.types.boxed(leaf);
    let weak = heap.types.pointer("Weak<Box>", To::One(boxed), Holds::Weak(COUNTS));
    heap.types.variable("app::WEAK", STATICS, weak);
    let leaf = heap.block(&[7, 7]);
    let counted = heap.block(&[0, 1, leaf]);
    heap.statics = vec![counted];
    heap.stack = vec![counted];
    let graph = heap.graph();
    assert_eq!(edges(&graph), [(1, 16, 0)]);
    assert!(lost(&graph).is_empty());
}

#[test]
fn a_future_counts_as_a_whole_while_it_is_polled() {
    let polled = |is_on_stack: bool| {
        let mut heap = Heap::new();
        let leaf = heap.types.plain("[u64; 2]", 16);
        let boxed = heap.types.boxed(leaf);
        let field = |offset| vec![Field { name: "held".to_owned(), offset, kind: boxed }];
        let variant = |name: &str, state, offset| Variant {
            name: name.to_owned(),
            chosen_by: vec![(state, state)],
            fields: field(offset),
        };
        let variants = vec![variant("Unresumed", 0, 8), variant("Suspend0", 3, 16)];
        let shape = Variants { discriminant: Some((0, 1)), variants };
        let future = heap.types.add("app::work::{async_fn_env#0}", 24, Shape::Variants(shape));
        let owner = heap.types.boxed(future);
        heap.types.variable("app::TASK", STATICS, owner);
        let leaves = [(); 2].map(|()| heap.block(&[7, 7]));
        // It has not been suspended yet, and what it made since is where the next state has it.
        let task = heap.block(&[0, leaves[0], leaves[1]]);
        heap.statics = vec![task];
        heap.stack = vec![if is_on_stack { task } else { 0 }];
        lost(&heap.graph())
    };
    assert_eq!(polled(true), []);
    assert_eq!(polled(false), [1]);
}
