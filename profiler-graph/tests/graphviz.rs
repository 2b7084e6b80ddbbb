//! Pictures of more nodes than are laid out here: by Graphviz, where it is installed.

mod builder;

use std::process::Command;

use mem_profile_graph::{HeapGraph, Image, Limits};

use builder::ImageBuilder;

const HEAP: u64 = 0x5555_0000_0000;

/// A row of blocks of so many types, each of which leads to the next.
fn row(count: u32) -> HeapGraph {
    let mut image = ImageBuilder::new();
    image.module("app", 0, &[]);
    for block in 0..count {
        let label = image.label(&format!("Type<\"{block}\\\">"));
        let site = image.site(0, label, &[]);
        image.block(HEAP + u64::from(block) * 64, 64, site);
    }
    (1..count).for_each(|block| image.point(block - 1, 0, block));
    image.statics(0x1000, &[HEAP]);
    HeapGraph::new(Image::read(image.build()).expect("a capture")).expect("a graph")
}

#[test]
fn a_picture_of_many_nodes_is_drawn_by_graphviz() {
    let graph = row(60);
    let limits = Limits { depth: 100, nodes: 100 };
    let picture = graph.refs(&graph.at(HEAP), limits);
    assert_eq!(picture.nodes.len(), 60);
    let svg = picture.svg();
    if Command::new("dot").arg("-V").output().is_err() {
        eprintln!("skipped: Graphviz's `dot` is not installed");
        let error = svg.expect_err("nobody draws it").to_string();
        assert!(error.starts_with("a picture of 60 nodes needs Graphviz's `dot`"), "{error}");
        return;
    }
    let svg = svg.expect("a picture");
    assert_eq!(svg.matches("class=\"node\"").count(), 60);
    assert_eq!(svg.matches("class=\"edge\"").count(), 59);
    for block in [0, 59] {
        assert!(svg.contains(&format!("Type&lt;&quot;{block}\\&quot;&gt;")), "{svg}");
    }
}
