//! The sources of a block's type, and which is believed.

use super::super::How;
use super::hand::{HEAP, Heap, STATICS, edges, lost};
use crate::class::Class;
use crate::layout::*;

#[test]
fn a_vtable_beside_a_pointer_says_what_the_block_is() {
    let mut heap = Heap::new();
    let leaf = heap.types.plain("[u64; 2]", 16);
    let boxed = heap.types.boxed(leaf);
    let number = heap.types.plain("u64", 8);
    let closure = heap.types.structure("{closure}", 16, &[("a", 0, number), ("b", 8, boxed)]);
    let any = heap.types.pointer("Box<dyn Fn()>", To::Dyn, Holds::Owns);
    heap.types.variable("app::CALL", STATICS, any);
    heap.types.vtables.insert(0x2000, closure);
    let leaves = [(); 2].map(|()| heap.block(&[7, 7]));
    let by_type = heap.block(&leaves);
    let by_words = heap.block(&leaves);
    let of_other_size = heap.block(&[leaves[0], 0, leaves[1]]);
    heap.statics = vec![by_type, 0x2000, by_words, 0x2000, of_other_size, 0x2000];
    // The first word is a plain number by the vtable's type.
    let expected = [(2, 8, 1), (3, 8, 1), (4, 0, 0), (4, 16, 1)];
    assert_eq!(edges(&heap.graph()), expected);
}

#[test]
fn an_owner_overrules_the_stack_of_a_site() {
    let mut heap = Heap::new();
    let leaf = heap.types.plain("[u64; 2]", 16);
    let boxed = heap.types.boxed(leaf);
    let number = heap.types.plain("u64", 8);
    let right = heap.types.structure("Right", 16, &[("a", 0, number), ("b", 8, boxed)]);
    let wrong = heap.types.structure("Wrong", 16, &[("a", 0, boxed), ("b", 8, number)]);
    let vector = heap.types.vec(right);
    heap.types.variable("app::LIST", STATICS, vector);
    let site = heap.site(wrong, How::Many);
    let leaves = [(); 2].map(|()| heap.block(&[7, 7]));
    let [owned, other] = [(); 2].map(|()| heap.block_of(site, 16, &leaves));
    heap.statics = vec![1, owned, 1];
    heap.stack = vec![other];
    let graph = heap.graph();
    // Other vectors of that element size may share their code, so each word counts of what only the stack knows.
    assert_eq!(edges(&graph), [(2, 8, 1), (3, 0, 0), (3, 8, 1)]);
    let classes = (0..4).map(|block| graph.class(block)).collect::<Vec<_>>();
    assert_eq!(classes, [Class::Stack, Class::Named, Class::Named, Class::Stack]);
}

#[test]
fn the_stack_of_one_value_is_believed_and_a_row_s_is_a_guess() {
    let mut heap = Heap::new();
    let leaf = heap.types.plain("[u64; 2]", 16);
    let boxed = heap.types.boxed(leaf);
    let number = heap.types.plain("u64", 8);
    let item = heap.types.structure("Item", 16, &[("a", 0, number), ("b", 8, boxed)]);
    let above = heap.types.boxed(item);
    let (one, many) = (heap.site(item, How::One), heap.site(above, How::Many));
    let leaves = [(); 2].map(|()| heap.block(&[7, 7]));
    let by_site = heap.block_of(one, 16, &leaves);
    let below = heap.block(&leaves);
    let row = heap.block_of(many, 8, &[below]);
    heap.statics = vec![by_site, row];
    // A type that a guessed row gives is a guess as well.
    let expected = [(2, 8, 1), (3, 0, 0), (3, 8, 1), (4, 0, 3)];
    assert_eq!(edges(&heap.graph()), expected);
}

#[test]
fn a_raw_pointer_to_bytes_says_nothing_of_them() {
    let mut heap = Heap::new();
    let leaf = heap.types.plain("[u8; 16]", 16);
    let boxed = heap.types.boxed(leaf);
    let number = heap.types.plain("u64", 8);
    let item = heap.types.structure("Item", 16, &[("a", 0, number), ("b", 8, boxed)]);
    let bytes = heap.types.pointer("*mut [u8; 16]", To::One(leaf), Holds::Borrows);
    let node = heap.types.pointer("NonNull<Item>", To::One(item), Holds::Borrows);
    let both = heap.types.structure("Both", 16, &[("bytes", 0, bytes), ("node", 8, node)]);
    heap.types.variable("app::BOTH", STATICS, both);
    let leaves = [(); 2].map(|()| heap.block(&[7, 7]));
    let [hidden, said] = [(); 2].map(|()| heap.block(&leaves));
    heap.statics = vec![hidden, said];
    assert_eq!(edges(&heap.graph()), [(2, 0, 0), (2, 8, 1), (3, 8, 1)]);
}

#[test]
fn a_thread_local_is_there_once_for_each_thread() {
    let mut heap = Heap::new();
    let leaf = heap.types.plain("[u64; 2]", 16);
    let boxed = heap.types.boxed(leaf);
    let number = heap.types.plain("u64", 8);
    let local = heap.types.structure("Local", 16, &[("a", 0, number), ("b", 8, boxed)]);
    heap.types.variable("app::LOCAL", 16, local);
    heap.image.thread(72, "worker", [0, 0, 0], &[]);
    let leaves = [(); 4].map(|()| heap.block(&[7, 7]));
    for (thread, held) in [(71, [leaves[0], leaves[1]]), (72, [leaves[2], leaves[3]])] {
        let kind = mem_profile_format::heap_layout::root::THREAD_LOCAL;
        let start = 0x7_0000 + thread * 0x100;
        heap.image.root(kind, thread, 0, start, &[0, 0, held[0], held[1]]);
    }
    let graph = heap.graph();
    assert_eq!(lost(&graph), [0, 2]);
    assert_eq!(graph.image().block(1).map(|block| block.start), Some(HEAP + 16));
}
