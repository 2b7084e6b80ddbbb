//! What would be free without a block.

use std::cmp::Reverse;
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

/// Groups of equal blocks, and which group each number belongs to.
struct Groups {
    tops: Vec<Top>,
    of_number: Vec<u32>,
}

/// The figures of some blocks.
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
        let mut groups = self.groups();
        let chosen = largest(&groups.tops, n);
        let mut place_of = vec![NONE; groups.tops.len()];
        (0..).zip(&chosen).for_each(|(place, &group)| place_of[group as usize] = place);
        for group in groups.of_number.iter_mut().filter(|group| **group != NONE) {
            *group = place_of[*group as usize];
        }
        let tops: Vec<_> = chosen.iter().map(|&group| groups.tops[group as usize]).collect();
        let below = self.below(&tops, groups.of_number);
        tops.into_iter().zip(below).map(|(top, below)| self.retainer(top, below)).collect()
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

    /// Blocks that no other one alone holds: one of its own for each that is owned, and one for all equal ones.
    fn groups(&self) -> Groups {
        let (owned, owners) = (self.owned(), self.owners());
        let mut groups = Groups { tops: Vec::new(), of_number: vec![NONE; owners.retained.len()] };
        // PERF: by sites, each of which has few types, 0.18 → 0.04 s for 1 million (graph bench).
        let mut of_site: Vec<Vec<(Kind, Class, u32)>> = vec![Vec::new(); self.image.site_count()];
        let parents = owners.dominators.parent.iter().zip(0..).skip(1);
        for number in parents.filter(|&(&above, _)| above == 0).map(|(_, number)| number) {
            let (block, next) = (self.reach.order[number as usize], groups.tops.len() as u32);
            let group = if owned[block as usize] {
                next
            } else {
                let (kind, class) = (self.kind(block), self.class(block));
                let known = &mut of_site[self.block(block).site as usize];
                match known.iter().find(|&&(one, other, _)| (one, other) == (kind, class)) {
                    Some(&(.., group)) => group,
                    None => {
                        known.push((kind, class, next));
                        next
                    }
                }
            };
            if group == next {
                groups.tops.push(Top { number, count: 0, retained: 0 });
            }
            groups.of_number[number as usize] = group;
            let (top, retained) = (&mut groups.tops[group as usize], &owners.retained);
            if retained[number as usize] > retained[top.number as usize] {
                top.number = number;
            }
            top.count += 1;
            top.retained += retained[number as usize];
        }
        groups
    }

    /// The figures of these blocks, none of which holds another one. `group` gives the row of each.
    fn below(&self, tops: &[Top], mut group: Vec<u32>) -> Vec<Below> {
        let owners = self.owners();
        let below = tops.iter().map(|top| Below { deepest: top.number, ..Below::default() });
        let mut below: Vec<_> = below.collect();
        // The holder of a block comes before it.
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

/// The places of those that retain most, at most `n`, the largest first.
fn largest(tops: &[Top], n: usize) -> Vec<u32> {
    let key = |&place: &u32| {
        let top = &tops[place as usize];
        (Reverse(top.retained), top.number)
    };
    let mut places: Vec<u32> = (0..tops.len() as u32).collect();
    // PERF: to sort all, which may be most blocks, took 0.55 to 0.75 s for 3 million (graph bench).
    if n < places.len() {
        places.select_nth_unstable_by_key(n, key);
        places.truncate(n);
    }
    places.sort_unstable_by_key(key);
    places
}
