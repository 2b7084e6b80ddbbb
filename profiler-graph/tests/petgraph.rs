//! The graph for `petgraph`, and its dominators against our own.
#![cfg(feature = "petgraph")]

mod builder;

use mem_profile_format::heap_layout::{NONE, root, site};
use mem_profile_graph::export::{self, Vertex};
use mem_profile_graph::{HeapGraph, Image};
use petgraph::Direction::Outgoing;
use petgraph::algo::dominators::simple_fast;
use petgraph::graph::NodeIndex;
use petgraph::visit::{EdgeFiltered, EdgeRef};
use serde_json::Value;

use builder::ImageBuilder;

const HEAP: u64 = 0x5555_0000_0000;

/// A random heap that statics, a stack and unseen memory lead into.
fn random(random: &mut fastrand::Rng) -> HeapGraph {
    let mut image = ImageBuilder::new();
    image.module("app", 0, &[[0x1000, 0x9000, 6]]);
    image.thread(71, "main", [0x7f00_0000, 0x7f10_0000, 0x7f0f_0000], &[]);
    let label = image.label("Node");
    image.site(site::COMPLETE, label, &[]);
    let count = random.u32(1..40);
    let at = |block: u32| HEAP + u64::from(block) * 64;
    (0..count).for_each(|block| _ = image.block(at(block), 64, 0));
    for _ in 0..random.u32(..3 * count) {
        image.point(random.u32(..count), random.u64(..8) * 8, random.u32(..count));
    }
    let words = |random: &mut fastrand::Rng| -> Vec<_> {
        (0..random.u32(..4)).map(|_| at(random.u32(..count))).collect()
    };
    image.statics(0x1000, &words(random));
    image.root(root::STACK, 71, NONE, 0x7f0f_0000, &words(random));
    words(random).into_iter().for_each(|word| image.unseen(0xb000, word));
    HeapGraph::new(Image::read(image.build()).expect("a capture")).expect("a graph")
}

#[test]
fn dominators_of_petgraph_are_our_own() {
    let mut source = fastrand::Rng::with_seed(8);
    for _ in 0..1_000 {
        let graph = random(&mut source);
        let mut lines = Vec::new();
        export::jsonl(&graph, &mut lines).expect("memory");
        let lines = String::from_utf8(lines).expect("UTF-8");
        let lines = lines.lines().map(|line| serde_json::from_str(line).expect("JSON"));
        let blocks: Vec<Value> = lines.filter(|line: &Value| !line["size"].is_null()).collect();
        let found = graph.to_petgraph();
        let held = EdgeFiltered::from_fn(&found, |edge| edge.weight().holds);
        let dominators = simple_fast(&held, NodeIndex::new(0));
        for (number, block) in blocks.iter().enumerate() {
            let above = dominators.immediate_dominator(NodeIndex::new(5 + number));
            let above = above.map(|above| above.index()).expect("all are reached");
            let expected = block["dominator"].as_u64().map_or(above.min(4), |it| 5 + it as usize);
            assert_eq!(above, expected, "{number}: {found:?}");
        }
    }
}

#[test]
fn nodes_and_edges_say_what_they_are() {
    let mut image = ImageBuilder::new();
    image.module("app", 0, &[]);
    let label = image.label("Node");
    image.site(site::COMPLETE, label, &[]);
    [HEAP, HEAP + 64].into_iter().for_each(|at| _ = image.block(at, 64, 0));
    image.point(0, 24, 1);
    image.point(1, 8, 0);
    image.statics(0x1000, &[HEAP]);
    let graph = HeapGraph::new(Image::read(image.build()).expect("a capture")).expect("a graph");
    let found = graph.to_petgraph();
    assert_eq!((found.node_count(), found.edge_count()), (5 + 2, 4 + 1 + 2));
    assert!(matches!(found[NodeIndex::new(0)], Vertex::Root));
    let Vertex::Block(block, name) = found[NodeIndex::new(5)] else { panic!("a block") };
    assert_eq!((block.start, name), (HEAP, "Node"));
    let edges = found.edges_directed(NodeIndex::new(5), Outgoing);
    let edges: Vec<_> = edges.map(|edge| (edge.target().index(), *edge.weight())).collect();
    assert_eq!(edges, [(6, export::Pointer { offset: Some(24), holds: true })]);
}
