//! Who keeps a block alive.

use std::collections::BTreeMap;
use std::fmt;

use super::selection::Selection;
use super::ways::{Before, Step, Ways};
use crate::class::Class;
use crate::graph::HeapGraph;
use crate::text::{name, size};

/// A shortest way from outside to a block; equal ways are one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Chain {
    /// How the block is held.
    pub class: Class,
    /// The word that the way begins with; `None` for what is lost.
    pub holder: Option<String>,
    /// The blocks on the way, the last one what was asked for.
    pub links: Vec<Link>,
    /// How many ways are equal to this one.
    pub ways: u64,
    /// Bytes of the blocks at their ends.
    pub bytes: u64,
}

/// A block on the way, or several of one type in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Link {
    /// Where in the block before the first pointer to it is, in bytes; `None` for the first block.
    pub offset: Option<u64>,
    /// The fields on the way to that pointer, such as `payload.vec` or `[250]`; `[…]` if the link stands for several
    /// blocks. Empty if there is nothing to say, and `None` if the type of the block before is not known.
    pub label: Option<String>,
    /// Name of its type.
    pub name: String,
    /// How many blocks of this type follow each other at most.
    pub times: u64,
    /// Whether its type comes again further on, behind other types.
    pub recurs: bool,
    /// The address of the first.
    pub address: u64,
    /// Its size.
    pub bytes: u64,
}

impl fmt::Display for Chain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.holder {
            Some(holder) => formatter.write_str(&name(holder))?,
            None => write!(formatter, "{}", self.class)?,
        }
        self.links.iter().try_for_each(|link| write!(formatter, "{link}"))?;
        match self.ways {
            1 => write!(formatter, " ({} B)", self.bytes),
            ways => write!(formatter, " (×{ways}, {})", size(self.bytes)),
        }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.label, self.offset) {
            (Some(label), _) if !label.is_empty() => write!(formatter, " –{}→ ", name(label))?,
            (None, Some(offset)) => write!(formatter, " –[+{offset}]→ ")?,
            _ => formatter.write_str(" → ")?,
        }
        formatter.write_str(&name(&self.name))?;
        if self.times > 1 {
            write!(formatter, " ×{}", self.times)?;
        }
        if self.recurs { formatter.write_str(" …") } else { Ok(()) }
    }
}

impl HeapGraph {
    /// Shortest ways from outside to blocks, equal ones as one, the one with the most bytes first.
    ///
    /// Ways are equal if they begin with the same word and lead through the same types, however often these recur.
    #[must_use]
    pub fn path_to_root(&self, target: &Selection) -> Vec<Chain> {
        let mut ways = Ways::new(self);
        let mut sums: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
        for &block in &target.blocks {
            let (count, bytes) = sums.entry(ways.step(block)).or_default();
            *count += 1;
            *bytes += self.block(block).size;
        }
        let chains = sums.into_iter().map(|(step, sum)| self.chain(&ways, step, sum));
        let mut chains: Vec<_> = chains.collect();
        chains.sort_by_key(|chain| std::cmp::Reverse(chain.bytes));
        chains
    }

    /// A shortest way from outside to the block in which an address lies.
    #[must_use]
    pub fn why_alive(&self, address: u64) -> Option<Chain> {
        self.path_to_root(&self.at(address)).pop()
    }

    fn chain(&self, ways: &Ways<'_>, last: u32, (count, bytes): (u64, u64)) -> Chain {
        let mut links = Vec::new();
        let mut current = last;
        let start = loop {
            let step = &ways.steps[current as usize];
            links.push(self.link(step));
            match step.before {
                Before::Step(before) => current = before,
                Before::Start(start) => break &ways.starts[start as usize],
            }
        };
        links.reverse();
        Chain { class: start.class, holder: start.holder.clone(), links, ways: count, bytes }
    }

    fn link(&self, step: &Step) -> Link {
        let block = self.block(step.block);
        let offset = step.from.and_then(|from| self.offset_of(from, step.block));
        let label = step.from.zip(offset).and_then(|(from, offset)| self.label(from, offset));
        Link {
            offset,
            label: label.map(|label| if step.blocks > 1 { without_indices(&label) } else { label }),
            name: self.types.name(step.kind).to_owned(),
            times: step.times.into(),
            recurs: step.recurs,
            address: block.start,
            bytes: block.size,
        }
    }
}

/// Each index as `[…]`.
pub(crate) fn without_indices(label: &str) -> String {
    let mut parts = label.split('[');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let behind = part.find(']').map_or(part, |end| &part[end..]);
        text + "[…" + behind
    })
}
