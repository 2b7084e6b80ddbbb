//! Blocks by their numbers in the order in which they are reached: who holds a block comes before it.

use crate::class::Class;
use crate::graph::HeapGraph;
use crate::image::Block;
use crate::types::Kind;

/// The part of the heap that a suspect retains at least.
const PART: u64 = 10;

/// A graph by such numbers.
#[derive(Clone, Copy)]
pub(super) struct Reached<'a> {
    pub(super) graph: &'a HeapGraph,
    /// For each number the one that alone holds it; 0 if none does.
    pub(super) parents: &'a [u32],
    retained: &'a [u64],
}

impl<'a> Reached<'a> {
    pub(super) fn new(graph: &'a HeapGraph) -> Self {
        let owners = graph.owners();
        Self { graph, parents: &owners.dominators.parent, retained: &owners.retained }
    }

    /// Bytes that would be free without the block; of 0, those of all.
    pub(super) fn retained(self, number: u32) -> u64 {
        self.retained[number as usize]
    }

    pub(super) fn block(self, number: u32) -> Block {
        self.graph.block(self.graph.reach.order[number as usize])
    }

    pub(super) fn kind(self, number: u32) -> Kind {
        self.graph.kind(self.graph.reach.order[number as usize])
    }

    pub(super) fn class(self, number: u32) -> Class {
        self.graph.class(self.graph.reach.order[number as usize])
    }

    /// The bytes from which on a block retains much.
    pub(super) fn least(self) -> u64 {
        self.retained(0).div_ceil(PART).max(1)
    }

    /// Blocks that no other one alone holds, and that do not retain much.
    pub(super) fn small_tops(self) -> impl Iterator<Item = u32> + use<'a> {
        let least = self.least();
        let tops = self.parents.iter().zip(0..).skip(1).filter(|&(&above, _)| above == 0);
        tops.map(|(_, number)| number).filter(move |&number| self.retained(number) < least)
    }
}
