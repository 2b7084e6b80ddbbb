//! The graph for algorithms of `petgraph`.

use ::petgraph::graph::{DiGraph, NodeIndex};

use crate::class::Class;
use crate::graph::HeapGraph;
use crate::image::Block;

/// A node of the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vertex<'a> {
    /// Holds all that holds blocks from outside. It is the first node.
    Root,
    /// The holder of blocks from outside. There is one node for each class.
    Outside(Class),
    /// A block, and the name of its type.
    Block(Block, &'a str),
}

/// An edge of the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pointer {
    /// Where in the block the pointer is, in bytes; `None` outside of blocks.
    pub offset: Option<u64>,
    /// Whether it holds the block to which it leads. A weak pointer does not, nor does one in a block that is held by
    /// less itself: a lost one does not hold what a static holds.
    pub holds: bool,
}

impl HeapGraph {
    /// The graph for algorithms of `petgraph`. After the root and the four classes come the blocks, in the order of
    /// addresses.
    #[must_use]
    pub fn to_petgraph(&self) -> DiGraph<Vertex<'_>, Pointer> {
        let blocks = self.image.block_count();
        let first = 1 + Class::ALL.len();
        let mut graph = DiGraph::with_capacity(first + blocks, self.edges.between.edges() + blocks);
        let root = graph.add_node(Vertex::Root);
        let outside = Pointer { offset: None, holds: true };
        let classes = Class::ALL.map(|class| {
            let node = graph.add_node(Vertex::Outside(class));
            graph.add_edge(root, node, outside);
            node
        });
        for (number, block) in (0..).zip(self.image.blocks()) {
            graph.add_node(Vertex::Block(block, self.types.name(self.kind(number))));
        }
        let node = |block: u32| NodeIndex::new(first + block as usize);
        for (class, from) in Class::ALL.into_iter().zip(classes) {
            for entry in self.entries(class) {
                let holds = self.class(entry.target) == class;
                graph.add_edge(from, node(entry.target), Pointer { offset: None, holds });
            }
        }
        for &head in &self.reach.heads {
            graph.add_edge(classes[Class::Lost as usize], node(head), outside);
        }
        for from in self.image.holders().map(|from| from as u32) {
            for (offset, to, holds) in self.pointers(from) {
                let holds = holds && self.class(from) <= self.class(to);
                graph.add_edge(node(from), node(to), Pointer { offset: Some(offset), holds });
            }
        }
        graph
    }
}
