//! Which types there are most of, and which have grown.

use std::collections::BTreeMap;
use std::fmt;

use super::selection::{Selection, Sum};
use crate::graph::HeapGraph;
use crate::text::{change, name, size};

/// The blocks of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct TypeSum {
    /// Name of the type.
    pub name: String,
    /// What they add up to.
    pub sum: Sum,
}

/// How blocks of a type, or of a place, have grown from one capture to another.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Growth {
    /// Name of the type, or where its blocks were allocated.
    pub name: String,
    /// Blocks more than before; negative where there are less.
    pub blocks: i64,
    /// Bytes more than before.
    pub bytes: i64,
    /// Bytes now.
    pub bytes_now: u64,
}

impl fmt::Display for TypeSum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", name(&self.name), self.sum)
    }
}

impl fmt::Display for Growth {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, bytes, now) = (name(&self.name), change(self.bytes), size(self.bytes_now));
        write!(formatter, "{name}: {:+} blocks, {bytes}, now {now}", self.blocks)
    }
}

impl HeapGraph {
    /// The types of which there are most bytes, at most `n` of them.
    #[must_use]
    pub fn most_common_types(&self, n: usize) -> Vec<TypeSum> {
        let mut sums = vec![Sum::default(); self.types.names().len()];
        for (number, block) in (0..).zip(self.image.blocks()) {
            let sum = &mut sums[self.kind(number).0 as usize];
            sum.blocks += 1;
            sum.bytes += block.size;
        }
        let mut largest: Vec<_> = (0..).zip(sums).filter(|(_, sum)| sum.blocks > 0).collect();
        largest.sort_by_key(|&(kind, sum)| (std::cmp::Reverse(sum.bytes), kind));
        largest.truncate(n);
        let typed = largest.into_iter().map(|(kind, sum): (u32, Sum)| {
            let blocks = self.blocks_of(kind);
            let retained = self.retained_together(&blocks.blocks);
            let name = self.types.names()[kind as usize].clone();
            TypeSum { name, sum: Sum { retained, ..sum } }
        });
        typed.collect()
    }

    /// The types that have grown or shrunk since an older capture, the most grown first, at most `n` of them.
    #[must_use]
    pub fn show_growth(&self, older: &Self, n: usize) -> Vec<Growth> {
        self.growth(older, n, |graph, block| graph.types.name(graph.kind(block)))
    }

    /// The same by where blocks were allocated.
    #[must_use]
    pub fn show_growth_by_site(&self, older: &Self, n: usize) -> Vec<Growth> {
        self.growth(older, n, |graph, block| graph.types.location(graph.block(block).site))
    }

    fn growth(&self, older: &Self, n: usize, name: fn(&Self, u32) -> &str) -> Vec<Growth> {
        let mut grown: BTreeMap<&str, Growth> = BTreeMap::new();
        for (graph, sign) in [(older, -1), (self, 1)] {
            for (number, block) in (0..).zip(graph.image.blocks()) {
                let name = name(graph, number);
                let growth = grown.entry(name).or_insert_with(|| Growth {
                    name: name.to_owned(),
                    blocks: 0,
                    bytes: 0,
                    bytes_now: 0,
                });
                growth.blocks += sign;
                growth.bytes += sign * block.size as i64;
                growth.bytes_now += if sign > 0 { block.size } else { 0 };
            }
        }
        let mut grown: Vec<_> = grown.into_values().collect();
        grown.retain(|growth| growth.blocks != 0 || growth.bytes != 0);
        grown.sort_by_key(|growth| std::cmp::Reverse(growth.bytes));
        grown.truncate(n);
        grown
    }

    fn blocks_of(&self, kind: u32) -> Selection {
        let numbers = 0..self.image.block_count() as u32;
        Selection { blocks: numbers.filter(|&number| self.kind(number).0 == kind).collect() }
    }
}
