//! What would be free without a block.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;

use crate::arrays::NONE;
use crate::class::Class;
use crate::graph::HeapGraph;
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

/// What a block holds.
struct Below {
    blocks: u64,
    /// The number of the last block on the way down that alone holds at least half of all.
    deepest: u32,
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
        let tops = self.tops(n);
        let below = self.below(&tops);
        tops.into_iter().zip(below).map(|(top, below)| self.retainer(top, &below)).collect()
    }

    /// The numbers of the blocks that no other one alone holds, the most retaining first, at most `n`.
    fn tops(&self, n: usize) -> Vec<u32> {
        let owners = self.owners();
        // PERF: without a list of all, which may be most blocks: 0.60 → 0.03 s for 3 million (graph bench).
        let mut largest = BinaryHeap::new();
        for (number, &retained) in (0..).zip(&owners.retained).skip(1) {
            if owners.dominators.parent[number as usize] != 0 {
                continue;
            }
            let key = Reverse((retained, Reverse(number)));
            if largest.len() < n {
                largest.push(key);
            } else if let Some(mut least) = largest.peek_mut()
                && key < *least
            {
                *least = key;
            }
        }
        let sorted = largest.into_sorted_vec().into_iter();
        sorted.map(|Reverse((_, Reverse(number)))| number).collect()
    }

    /// What each of these blocks holds; none holds another one of them.
    fn below(&self, tops: &[u32]) -> Vec<Below> {
        let owners = self.owners();
        let mut below: Vec<_> = tops.iter().map(|&top| Below { blocks: 0, deepest: top }).collect();
        let mut group = vec![NONE; owners.retained.len()];
        (0..).zip(tops).for_each(|(place, &top)| group[top as usize] = place);
        let first = tops.iter().min().map_or(group.len(), |&first| first as usize);
        // Who holds a block comes before it.
        for number in first..group.len() {
            let above = owners.dominators.parent[number];
            let place = match group[number] {
                NONE => group[above as usize],
                own => own,
            };
            group[number] = place;
            let Some(below) = below.get_mut(place as usize) else { continue };
            below.blocks += 1;
            let whole = owners.retained[tops[place as usize] as usize];
            // There is one at most that another one of these holds.
            if above == below.deepest && owners.retained[number] >= whole.div_ceil(2) {
                below.deepest = number as u32;
            }
        }
        below
    }

    fn retainer(&self, top: u32, below: &Below) -> Retainer {
        let number = self.reach.order[top as usize];
        let block = self.block(number);
        let class = self.class(number);
        let holder = self.entries_of(number, class).first().map(|entry| self.holder_name(entry));
        Retainer {
            name: self.types.name(self.kind(number)).to_owned(),
            location: self.types.location(block.site).to_owned(),
            address: block.start,
            bytes: block.size,
            blocks: below.blocks,
            retained: self.owners().retained[top as usize],
            class,
            holder,
            accumulates: (below.deepest != top).then(|| self.accumulation(below.deepest)),
        }
    }

    fn accumulation(&self, number: u32) -> Accumulation {
        let block = self.reach.order[number as usize];
        Accumulation {
            name: self.types.name(self.kind(block)).to_owned(),
            location: self.types.location(self.block(block).site).to_owned(),
            address: self.block(block).start,
            retained: self.owners().retained[number as usize],
        }
    }
}
