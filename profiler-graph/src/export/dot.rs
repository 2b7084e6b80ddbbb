//! Every block and every pointer, in the language of Graphviz.

use std::io::{self, Write};

use crate::class::Class;
use crate::graph::HeapGraph;
use crate::text::{name, size};
use crate::view::quoted;

/// Writes all blocks as a graph for Graphviz. For a picture to look at, ask for
/// [`HeapGraph::refs`] or [`HeapGraph::backrefs`].
///
/// # Errors
/// Those of `out`.
pub fn dot(graph: &HeapGraph, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "digraph heap {{\n  node [shape=box];")?;
    for (number, block) in (0_u32..).zip(graph.image.blocks()) {
        let kind = quoted(&name(graph.types.name(graph.kind(number))));
        writeln!(out, "  n{number} [label=\"{kind}\\n{}\"];", size(block.size))?;
    }
    let mut holders = 0;
    for class in Class::ALL {
        for entry in graph.entries(class) {
            let holder = quoted(&name(&graph.holder_name(entry)));
            writeln!(out, "  h{holders} [label=\"{holder}\", shape=ellipse];")?;
            writeln!(out, "  h{holders} -> n{};", entry.target)?;
            holders += 1;
        }
    }
    for from in 0..graph.image.block_count() as u32 {
        for to in graph.edges.between.of(from) {
            writeln!(out, "  n{from} -> n{to};")?;
        }
    }
    for (from, to) in &graph.edges.weak {
        writeln!(out, "  n{from} -> n{to} [style=dashed];")?;
    }
    writeln!(out, "}}")
}
