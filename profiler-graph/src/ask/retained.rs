//! What would be free without a block.

use std::fmt;

use crate::arrays::NONE;
use crate::graph::{Class, HeapGraph};
use crate::text::{count, name, size};

/// A block that no other block alone holds, and what it holds alone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Retainer {
    /// Name of its type.
    pub name: String,
    /// Where it was allocated.
    pub location: String,
    /// Its address.
    pub address: u64,
    /// Its own bytes.
    pub bytes: u64,
    /// How many blocks it holds alone, itself among them.
    pub blocks: u64,
    /// Their bytes, which dropping it would free.
    pub retained: u64,
    /// How it is held.
    pub class: Class,
    /// One word that holds it; `None` if only blocks do.
    pub holder: Option<String>,
    /// Where memory accumulates below it: the last block on the way down that alone holds at least half of all.
    pub accumulates: Option<Accumulation>,
}

/// A block below which memory accumulates.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Accumulation {
    /// Name of its type.
    pub name: String,
    /// Where it was allocated.
    pub location: String,
    /// Its address.
    pub address: u64,
    /// Bytes that it holds alone, with its own.
    pub retained: u64,
}

impl fmt::Display for Retainer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, location) = (name(&self.name), name(&self.location));
        let (retained, blocks) = (size(self.retained), count(self.blocks, "block"));
        write!(formatter, "dropping {kind} frees {retained} in {blocks}: at {location}, ")?;
        match &self.holder {
            Some(holder) => write!(formatter, "held by {}", name(holder))?,
            None => write!(formatter, "{}", self.class)?,
        }
        match &self.accumulates {
            Some(Accumulation { name: kind, retained, .. }) => {
                write!(formatter, "; {} of it in {}", size(*retained), name(kind))
            }
            None => Ok(()),
        }
    }
}

impl HeapGraph {
    /// The blocks that hold most by themselves, at most `n`. None holds another one of them, so that their figures
    /// may be added.
    #[must_use]
    pub fn retained(&self, n: usize) -> Vec<Retainer> {
        let owners = self.owners();
        let count = owners.retained.len();
        let mut largest = vec![NONE; count];
        let mut blocks = vec![1_u64; count];
        let mut tops = Vec::new();
        for number in (1..count).rev() {
            let above = owners.dominators.parent[number] as usize;
            if above == 0 {
                tops.push(number);
                continue;
            }
            blocks[above] += blocks[number];
            let known = largest[above];
            if known == NONE || owners.retained[known as usize] <= owners.retained[number] {
                largest[above] = number as u32;
            }
        }
        tops.sort_by_key(|&top| std::cmp::Reverse((owners.retained[top], std::cmp::Reverse(top))));
        tops.truncate(n);
        tops.into_iter().map(|top| self.retainer(top, blocks[top], &largest)).collect()
    }

    fn retainer(&self, top: usize, blocks: u64, largest: &[u32]) -> Retainer {
        let number = self.reach.order[top];
        let block = self.block(number);
        let class = self.class(number);
        let holder = self.entries_of(number, class).first().map(|entry| self.holder_name(entry));
        Retainer {
            name: self.types.name(self.kind(number)).to_owned(),
            location: self.types.location(block.site).to_owned(),
            address: block.start,
            bytes: block.size,
            blocks,
            retained: self.owners().retained[top],
            class,
            holder,
            accumulates: self.accumulation(top, largest),
        }
    }

    fn accumulation(&self, top: usize, largest: &[u32]) -> Option<Accumulation> {
        let retained = &self.owners().retained;
        let is_most =
            |&below: &u32| below != NONE && retained[below as usize] >= retained[top].div_ceil(2);
        let mut current = top;
        while let Some(below) = Some(largest[current]).filter(is_most) {
            current = below as usize;
        }
        let number = self.reach.order[current];
        let block = self.block(number);
        (current != top).then(|| Accumulation {
            name: self.types.name(self.kind(number)).to_owned(),
            location: self.types.location(block.site).to_owned(),
            address: block.start,
            retained: retained[current],
        })
    }
}
