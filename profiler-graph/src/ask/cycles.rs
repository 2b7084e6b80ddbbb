//! Blocks that hold each other.

use std::collections::BTreeMap;
use std::fmt;

use crate::arrays::NONE;
use crate::class::Class;
use crate::graph::HeapGraph;
use crate::text::{count, name, size};

/// Blocks each of which leads to all others; equal cycles are one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Cycle {
    /// How they are held.
    pub class: Class,
    /// The types of its blocks, and how many there are of each.
    pub types: Vec<(String, u64)>,
    /// How many equal cycles there are.
    pub cycles: u64,
    /// Blocks of all of them.
    pub blocks: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Bytes that would be free without them.
    pub retained: u64,
    /// The lowest address of one.
    pub address: u64,
}

impl fmt::Display for Cycle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let types = self.types.iter().map(|(kind, count)| match count {
            1 => name(kind),
            count => format!("{} ×{count}", name(kind)),
        });
        let types = types.collect::<Vec<_>>().join(" ⇄ ");
        write!(formatter, "{types}: {}, ", count(self.cycles, "cycle"))?;
        let (bytes, retained) = (size(self.bytes), size(self.retained));
        write!(formatter, "{bytes}, retaining {retained}, {}", self.class)
    }
}

impl HeapGraph {
    /// All cycles: lost ones first, then the most retained. A list whose nodes lead both ways is one as well.
    ///
    /// A cycle that is held is no leak by itself. Weak pointers make none, where types are known.
    #[must_use]
    pub fn cycles(&self) -> Vec<Cycle> {
        let components = self.components();
        let mut component_of = vec![NONE; self.image.block_count()];
        for (number, members) in (0..).zip(components.iter()) {
            members.iter().for_each(|&member| component_of[member as usize] = number);
        }
        let mut folded: BTreeMap<(Class, Vec<(String, u64)>), Cycle> = BTreeMap::new();
        for (number, members) in (0..).zip(components.iter()) {
            let class = self.class(members[0]);
            let types = self.types_of(members);
            let cycle = folded.entry((class, types.clone())).or_insert_with(|| Cycle {
                class,
                types,
                cycles: 0,
                blocks: 0,
                bytes: 0,
                retained: 0,
                address: u64::MAX,
            });
            cycle.cycles += 1;
            for &member in members {
                let block = self.block(member);
                let is_inside = |&above: &u32| component_of[above as usize] == number;
                let is_counted = self.dominator(member).filter(is_inside).is_some();
                cycle.blocks += 1;
                cycle.bytes += block.size;
                cycle.retained += if is_counted { 0 } else { self.retained_by(member) };
                cycle.address = cycle.address.min(block.start);
            }
        }
        let mut cycles: Vec<_> = folded.into_values().collect();
        cycles.sort_by_key(|cycle| std::cmp::Reverse((cycle.class == Class::Lost, cycle.retained)));
        cycles
    }

    fn types_of(&self, blocks: &[u32]) -> Vec<(String, u64)> {
        let mut counts = BTreeMap::new();
        for &block in blocks {
            *counts.entry(self.kind(block)).or_insert(0) += 1;
        }
        let named =
            counts.into_iter().map(|(kind, count)| (self.types.name(kind).to_owned(), count));
        named.collect()
    }
}
