//! What would be free without a block.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::fmt;

use crate::arrays::NONE;
use crate::class::Class;
use crate::graph::HeapGraph;
use crate::text::{count, name, size};
use crate::types::Kind;

/// A block that no other block alone holds, and what it holds alone; or all such blocks of one type that were
/// allocated at one place, if no word of a static, thread-local or stack leads to them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Retainer {
    /// Name of its type.
    pub name: String,
    /// Where it was allocated.
    pub location: String,
    /// How many of these blocks there are.
    pub count: u64,
    /// Its address; of several, the one of the block that retains most.
    pub address: u64,
    /// Its own bytes.
    pub bytes: u64,
    /// How many blocks it holds alone, itself among them.
    pub blocks: u64,
    /// Their bytes, which dropping it would free.
    pub retained: u64,
    /// How it is held.
    pub class: Class,
    /// One word that holds it; `None` of several, and if only blocks do.
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

/// A block that no other one alone holds, or equal ones.
#[derive(Clone, Copy)]
struct Top {
    /// The number of the one that retains most.
    number: u32,
    count: u64,
    retained: u64,
}

/// What makes blocks equal.
type Key = (Kind, u32, Class);

/// What blocks hold.
#[derive(Clone, Copy, Default)]
struct Below {
    blocks: u64,
    bytes: u64,
    /// The number of the last block on the way down that alone holds at least half of all.
    deepest: u32,
}

impl fmt::Display for Retainer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, location) = (name(&self.name), name(&self.location));
        let (retained, blocks) = (size(self.retained), count(self.blocks, "block"));
        let times = if self.count > 1 { format!("{} × ", self.count) } else { String::new() };
        write!(formatter, "dropping {times}{kind} frees {retained} in {blocks}: at {location}, ")?;
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
        let owned = self.owned();
        let mut tops = self.tops(&owned, n);
        let below = self.below(&owned, &tops);
        let retainers = tops.drain(..).zip(below);
        retainers.map(|(top, below)| self.retainer(top, below)).collect()
    }

    /// Which blocks a static, a thread-local or a stack holds by a word of its own.
    fn owned(&self) -> Vec<bool> {
        let mut owned = vec![false; self.image.block_count()];
        for class in [Class::Named, Class::Stack] {
            let targets = self.entries(class).iter().map(|entry| entry.target);
            let targets = targets.filter(|&target| self.class(target) == class);
            targets.for_each(|target| owned[target as usize] = true);
        }
        owned
    }

    /// The key of a block that no other one alone holds, if it is one of many.
    fn key(&self, owned: &[bool], number: u32) -> Option<Key> {
        let block = self.reach.order[number as usize];
        let key = || (self.kind(block), self.block(block).site, self.class(block));
        (!owned[block as usize]).then(key)
    }

    /// The numbers of blocks that no other one alone holds.
    fn top_numbers(&self) -> impl Iterator<Item = u32> + '_ {
        let parents = self.owners().dominators.parent.iter().zip(0..).skip(1);
        parents.filter(|&(&above, _)| above == 0).map(|(_, number)| number)
    }

    /// Those that retain most, at most `n`.
    fn tops(&self, owned: &[bool], n: usize) -> Vec<Top> {
        // PERF: without a sorted list of all, which may be most blocks: 0.60 → 0.03 s for 3 million (graph bench).
        let mut largest = BinaryHeap::new();
        let mut equal: HashMap<Key, Top> = HashMap::new();
        let mut add = |top: Top| {
            let key = Reverse((top.retained, Reverse(top.number), top.count));
            if largest.len() < n {
                largest.push(key);
            } else if let Some(mut least) = largest.peek_mut()
                && key < *least
            {
                *least = key;
            }
        };
        for number in self.top_numbers() {
            let top = Top { number, count: 1, retained: self.owners().retained[number as usize] };
            let Some(key) = self.key(owned, number) else {
                add(top);
                continue;
            };
            let all = equal.entry(key).or_insert(Top { count: 0, retained: 0, ..top });
            let most = self.owners().retained[all.number as usize];
            let number = if top.retained > most { top.number } else { all.number };
            *all = Top { number, count: all.count + 1, retained: all.retained + top.retained };
        }
        equal.into_values().for_each(add);
        let sorted = largest.into_sorted_vec().into_iter();
        let tops = sorted.map(|Reverse((retained, Reverse(number), count))| Top {
            number,
            count,
            retained,
        });
        tops.collect()
    }

    /// What these blocks hold; none holds another one of them.
    fn below(&self, owned: &[bool], tops: &[Top]) -> Vec<Below> {
        let owners = self.owners();
        let mut group = vec![NONE; owners.retained.len()];
        let mut equal: HashMap<Key, u32> = HashMap::new();
        for (place, top) in (0..).zip(tops) {
            group[top.number as usize] = place;
            equal.extend(self.key(owned, top.number).map(|key| (key, place)));
        }
        if !equal.is_empty() {
            for number in self.top_numbers() {
                let place = self.key(owned, number).and_then(|key| equal.get(&key));
                place.into_iter().for_each(|&place| group[number as usize] = place);
            }
        }
        let below = tops.iter().map(|top| Below { deepest: top.number, ..Below::default() });
        let mut below: Vec<_> = below.collect();
        // Who holds a block comes before it.
        for (number, &above) in (0..).zip(&owners.dominators.parent).skip(1) {
            let is_top = above == 0;
            if !is_top {
                group[number as usize] = group[above as usize];
            }
            let place = group[number as usize] as usize;
            let Some((below, top)) = below.get_mut(place).zip(tops.get(place)) else { continue };
            below.blocks += 1;
            below.bytes +=
                if is_top { self.block(self.reach.order[number as usize]).size } else { 0 };
            // There is one at most that another one of these holds.
            let half = top.retained.div_ceil(2);
            if above == below.deepest && !is_top && owners.retained[number as usize] >= half {
                below.deepest = number;
            }
        }
        below
    }

    fn retainer(&self, top: Top, below: Below) -> Retainer {
        let number = self.reach.order[top.number as usize];
        let block = self.block(number);
        let class = self.class(number);
        let entries = if top.count == 1 { self.entries_of(number, class) } else { &[] };
        let holder = entries.first().map(|entry| self.holder_name(entry));
        let deepest = Some(below.deepest).filter(|&deepest| deepest != top.number);
        Retainer {
            name: self.types.name(self.kind(number)).to_owned(),
            location: self.types.location(block.site).to_owned(),
            count: top.count,
            address: block.start,
            bytes: below.bytes,
            blocks: below.blocks,
            retained: top.retained,
            class,
            holder,
            accumulates: deepest.map(|deepest| self.accumulation(deepest)),
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
