//! Bytes that containers have reserved and do not use.

use super::hand::{Heap, STATICS};
use crate::layout::*;

#[test]
fn waste_is_by_field_and_each_buffer_counts_once() {
    let mut heap = Heap::new();
    let types = &mut heap.types;
    let number = types.plain("u32", 4);
    let postings = types.vec(number);
    let string = types.string();
    let shape = Ring { element: number, capacity: 0, pointer: 8, head: 16, length: 24 };
    let ring = types.add("alloc::collections::vec_deque::VecDeque<u32>", 32, Shape::Ring(shape));
    let fields = [("postings", 0, postings), ("word", 24, string), ("recent", 48, ring)];
    let index = types.structure("app::Index", 80, &fields);
    let all = types.vec(index);
    let pair = types.plain("(u64, u64)", 16);
    let shape = Table { element: pair, control: 0, mask: 8, items: 24 };
    let map = types.add("std::collections::hash::map::HashMap<u64, u64>", 32, Shape::Table(shape));
    types.variable("app::ALL", STATICS, all);
    types.variable("app::NAMES", STATICS + 24, map);
    let mut indices = Vec::new();
    for _ in 0..3 {
        let buffers = [400, 10, 64].map(|bytes| heap.block_of(0, bytes, &[]));
        indices.extend([100, buffers[0], 25, 10, buffers[1], 10, 16, buffers[2], 0, 3]);
    }
    // A vector that has moved: its buffer counts once.
    let moved: Vec<u64> = indices[..10].to_vec();
    indices.extend(moved);
    // Room for one more.
    indices.extend([0; 10]);
    let buffer = heap.block(&indices);
    let table = heap.block_of(0, 8 * 16 + 8 + 16, &[]);
    heap.statics = vec![5, buffer, 4, table + 128, 7, 1, 6];
    let graph = heap.graph();
    let waste = graph.waste();
    let expected = "\
11 containers of known types: 1.9 KiB reserved, 788 B used
Index.postings: Vec<u32> ×3: 1.2 KiB reserved, 300 B used
Index.recent: VecDeque<u32> ×3: 192 B reserved, 36 B used
app::ALL: Vec<Index> ×1: 400 B reserved, 320 B used
app::NAMES: HashMap<u64, u64> ×1: 152 B reserved, 102 B used
Index.word: String ×3: 30 B reserved, 30 B used
";
    assert_eq!(waste.to_string(), expected);
    assert_eq!(waste.fields.iter().map(|field| field.reserved).sum::<u64>(), waste.reserved);
    assert_eq!(waste.fields.iter().map(|field| field.used).sum::<u64>(), waste.used);
}
