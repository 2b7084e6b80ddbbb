//! Shapes on which recursion overflows the stack and careless algorithms are quadratic. `.ci/run heap_graph` runs
//! them, optimised.

mod builder;

use mem_profile_graph::{HeapGraph, Image};

use builder::ImageBuilder;

const HEAP: u64 = 0x5555_0000_0000;

/// Blocks of 32 bytes with these edges, the first and perhaps the last of them held by statics.
fn graph(blocks: u32, is_held_at_both_ends: bool, edges: impl Fn(&mut ImageBuilder)) -> HeapGraph {
    let mut image = ImageBuilder::new();
    image.module("app", 0, &[]);
    let label = image.label("Node");
    image.site(0, label, &[]);
    (0..blocks).for_each(|block| _ = image.block(HEAP + u64::from(block) * 32, 32, 0));
    edges(&mut image);
    let last = HEAP + u64::from(blocks - 1) * 32;
    let held = [HEAP, last];
    image.statics(0x1000, &held[..1 + usize::from(is_held_at_both_ends)]);
    HeapGraph::new(Image::read(image.build()).expect("a capture")).expect("a graph")
}

/// Asks everything once.
fn ask(graph: &HeapGraph) -> (u64, u64, usize) {
    let last = graph.image().blocks().last().expect("a block");
    assert!(graph.why_alive(last.start).is_some() && graph.leaks().is_empty());
    assert_eq!(graph.path_to_root(&graph.all())[0].links.len(), 1);
    let largest = graph.retained(1)[0].retained;
    (largest, graph.count(&"Node".into()).retained, graph.cycles().len())
}

#[test]
#[ignore = "large: `.ci/run heap_graph`"]
fn a_list_that_is_linked_both_ways_and_held_at_both_ends() {
    let count = 1_000_000;
    let graph = graph(count, true, |image| {
        (1..count).for_each(|block| {
            image.point(block - 1, 0, block);
            image.point(block, 8, block - 1);
        });
    });
    // No node holds any but itself alone. Those between the ends are one row, as no word leads to them.
    assert_eq!(ask(&graph), (31_999_936, 32_000_000, 1));
}

#[test]
#[ignore = "large: `.ci/run heap_graph`"]
fn a_chain_of_ten_million() {
    let count = 10_000_000;
    let graph = graph(count, false, |image| {
        (1..count).for_each(|block| image.point(block - 1, 0, block));
    });
    assert_eq!(ask(&graph), (320_000_000, 320_000_000, 0));
}

#[test]
#[ignore = "large: `.ci/run heap_graph`"]
fn a_star_of_ten_million() {
    let mut image = ImageBuilder::new();
    image.module("app", 0, &[]);
    let label = image.label("Node");
    image.site(0, label, &[]);
    let count = 10_000_000;
    (0..count).for_each(|block| _ = image.block(HEAP + u64::from(block) * 32, 32, 0));
    let last = HEAP + u64::from(count) * 32;
    let hub = image.block(last, u64::from(count) * 8, 0);
    (0..count).for_each(|block| image.point(hub, u64::from(block) * 8, block));
    image.statics(0x1000, &[last]);
    let graph = HeapGraph::new(Image::read(image.build()).expect("a capture")).expect("a graph");
    assert_eq!(ask(&graph), (400_000_000, 400_000_000, 0));
}

#[test]
#[ignore = "large: `.ci/run heap_graph`"]
fn a_list_whose_ends_hold_the_same_hundred_thousand() {
    let count = 100_000_u32;
    let mut image = ImageBuilder::new();
    image.module("app", 0, &[]);
    let label = image.label("Node");
    image.site(0, label, &[]);
    let mut next = HEAP;
    let mut block = |image: &mut ImageBuilder, size: u64| {
        next += size;
        image.block(next - size, size, 0)
    };
    let hub = 16 + u64::from(count) * 8;
    let first = block(&mut image, hub);
    let list: Vec<_> = (0..count).map(|_| block(&mut image, 32)).collect();
    let last = block(&mut image, hub);
    let shared: Vec<_> = (0..count).map(|_| block(&mut image, 16)).collect();
    let all = [&[first], &list[..], &[last]].concat();
    all.windows(2).for_each(|pair| image.point(pair[0], 0, pair[1]));
    for hub in [first, last] {
        (8..).step_by(8).zip(&shared).for_each(|(place, &shared)| image.point(hub, place, shared));
    }
    image.statics(0x1000, &[HEAP]);
    let graph = HeapGraph::new(Image::read(image.build()).expect("a capture")).expect("a graph");
    let bytes = 2 * hub + u64::from(count) * (32 + 16);
    assert_eq!(ask(&graph), (bytes, bytes, 0));
}
