//! The words that count in each shape, and those that do not.

use super::hand::{Heap, STATICS, edges, lost};
use crate::class::Class;
use crate::layout::*;

#[test]
fn spare_capacity_of_a_vector_leads_nowhere() {
    let mut heap = Heap::new();
    let leaf = heap.types.plain("[u64; 2]", 16);
    let boxed = heap.types.boxed(leaf);
    let vector = heap.types.vec(boxed);
    heap.types.variable("app::LIST", STATICS + 8, vector);
    let leaves = [(); 3].map(|()| heap.block(&[7, 7]));
    let buffer = heap.block(&[leaves[0], leaves[1], leaves[2], 0]);
    heap.statics = vec![0, 4, buffer, 2];
    let graph = heap.graph();
    assert_eq!(edges(&graph), [(3, 0, 0), (3, 8, 1)]);
    assert_eq!(lost(&graph), [2]);
    assert_eq!(graph.leaks()[0].bytes, 16);
}

#[test]
fn a_vector_that_does_not_fit_its_block_is_scanned_word_by_word() {
    let mut heap = Heap::new();
    let leaf = heap.types.plain("[u64; 2]", 16);
    let boxed = heap.types.boxed(leaf);
    let vector = heap.types.vec(boxed);
    heap.types.variable("app::LIST", STATICS, vector);
    let leaf = heap.block(&[7, 7]);
    let buffer = heap.block(&[0, 0, leaf]);
    // A capacity of 4 would need a block of 32 bytes.
    heap.statics = vec![4, buffer, 1];
    assert_eq!(edges(&heap.graph()), [(1, 16, 0)]);
}

#[test]
fn a_ring_is_read_from_its_head_around_its_end() {
    let mut heap = Heap::new();
    let leaf = heap.types.plain("[u64; 2]", 16);
    let element = heap.types.boxed(leaf);
    let shape = Ring { element, capacity: 0, pointer: 8, head: 16, length: 24 };
    let ring = heap.types.add("VecDeque<Box<[u64; 2]>>", 32, Shape::Ring(shape));
    heap.types.variable("app::RING", STATICS, ring);
    let leaves = [(); 4].map(|()| heap.block(&[7, 7]));
    let buffer = heap.block(&leaves);
    heap.statics = vec![4, buffer, 3, 2];
    let graph = heap.graph();
    assert_eq!(edges(&graph), [(4, 24, 3), (4, 0, 0)]);
    assert_eq!(lost(&graph), [1, 2]);
}

#[test]
fn only_full_buckets_of_a_table_lead_anywhere() {
    let mut heap = Heap::new();
    let (key, leaf) = (heap.types.plain("u64", 8), heap.types.plain("[u64; 2]", 16));
    let boxed = heap.types.boxed(leaf);
    let element = heap.types.structure("(u64, Box)", 16, &[("__0", 0, key), ("__1", 8, boxed)]);
    let shape = Table { element, control: 0, mask: 8, items: 24 };
    let table = heap.types.add("HashMap<u64, Box>", 32, Shape::Table(shape));
    heap.types.variable("app::MAP", STATICS, table);
    let leaves = [(); 4].map(|()| heap.block(&[7, 7]));
    // Buckets lie downwards from the control bytes: of four, 0 and 2 are full, 1 is deleted, 3 was never used.
    let [zero, one, two, three] = leaves;
    let control = u64::from_le_bytes([0x12, 0x80, 0x34, 0xff, 0xff, 0xff, 0xff, 0xff]);
    let mut words = vec![three, three, 30, two, 20, one, zero, zero, control, u64::MAX];
    words.resize(10, 0);
    // 4 buckets of 16 bytes, 4 control bytes, and 16 that are compared at once.
    let buffer = heap.block_of(0, 64 + 4 + 16, &words);
    heap.statics = vec![buffer + 64, 3, 0, 2];
    let graph = heap.graph();
    assert_eq!(edges(&graph), [(4, 56, 0), (4, 24, 2)]);
    assert_eq!(lost(&graph), [1, 3]);
}

#[test]
fn nodes_of_a_tree_have_as_many_keys_and_children_as_they_say() {
    let mut heap = Heap::new();
    let (key, leaf) = (heap.types.plain("u64", 8), heap.types.plain("[u64; 2]", 16));
    let value = heap.types.boxed(leaf);
    // A small node: 2 keys, 2 values, a length; and 3 children.
    let node = TreeNode { keys: 0, values: 16, length: 32, edges: 40, sizes: (40, 64) };
    let shape = Tree { root: 0, height: 8, length: 16, key, value, node };
    let tree = heap.types.add("BTreeMap<u64, Box>", 24, Shape::Tree(shape));
    heap.types.variable("app::TREE", STATICS, tree);
    let leaves = [(); 4].map(|()| heap.block(&[7, 7]));
    let below = [
        heap.block(&[1, 2, leaves[0], leaves[3], 1]),
        heap.block(&[5, 6, leaves[1], leaves[3], 1]),
    ];
    let stale = heap.block(&[0, 0, leaves[3], leaves[3], 2]);
    let top = heap.block(&[4, leaves[3], leaves[2], 0, 1 | 77 << 16, below[0], below[1], stale]);
    heap.statics = vec![top, 1, 3];
    let graph = heap.graph();
    let held = [(4, 16, 0), (5, 16, 1), (7, 16, 2), (7, 40, 4), (7, 48, 5)];
    assert_eq!(edges(&graph).into_iter().filter(|edge| edge.0 != 6).collect::<Vec<_>>(), held);
    assert_eq!(lost(&graph), [3, 6]);
}

#[test]
fn only_the_variant_that_is_there_is_followed_and_plain_words_are_skipped() {
    let mut heap = Heap::new();
    let leaf = heap.types.plain("[u64; 2]", 16);
    let boxed = heap.types.boxed(leaf);
    let (word, number) = (heap.types.plain("f64", 8), heap.types.number());
    let variant = |name: &str, chosen_by: Vec<_>, fields: &[(&str, u64, TypeId)]| Variant {
        name: name.to_owned(),
        chosen_by,
        fields: fields
            .iter()
            .map(|&(name, offset, kind)| Field { name: name.to_owned(), offset, kind })
            .collect(),
    };
    let variants = vec![
        variant("Number", vec![(1, 1)], &[("__0", 8, word)]),
        variant("Held", vec![(2, 4), (9, 9)], &[("__0", 8, boxed)]),
        variant("Other", vec![], &[("__0", 8, number)]),
    ];
    let shape = Shape::Variants(Variants { discriminant: Some((0, 4)), variants });
    let choice = heap.types.add("Choice", 16, shape);
    let all = heap.types.add("[Choice; 4]", 64, Shape::Array { element: choice, count: 4 });
    heap.types.variable("app::ALL", STATICS, all);
    let leaves = [(); 5].map(|()| heap.block(&[7, 7]));
    // The upper half of a number that is 4 bytes long is something else.
    let upper = 5_u64 << 32;
    heap.statics = vec![1 | upper, leaves[0], 3, leaves[1], 9 | upper, leaves[2], 0, leaves[3] + 5];
    heap.statics.push(leaves[4]);
    let graph = heap.graph();
    // A number may be an address, and behind the variable nothing is known.
    assert_eq!(lost(&graph), [0]);
    assert_eq!(graph.entries(Class::Named).len(), 4);
}

#[test]
fn a_variant_that_nothing_chooses_is_scanned_word_by_word() {
    let mut heap = Heap::new();
    let leaf = heap.types.plain("[u64; 2]", 16);
    let boxed = heap.types.boxed(leaf);
    let fields = vec![Field { name: "__0".to_owned(), offset: 8, kind: boxed }];
    let variants = vec![Variant { name: "Held".to_owned(), chosen_by: vec![(1, 1)], fields }];
    let shape = Shape::Variants(Variants { discriminant: Some((0, 8)), variants });
    let choice = heap.types.add("Choice", 24, shape);
    heap.types.variable("app::ONE", STATICS, choice);
    let leaf = heap.block(&[7, 7]);
    heap.statics = vec![6, 0, leaf];
    assert!(lost(&heap.graph()).is_empty());
}
