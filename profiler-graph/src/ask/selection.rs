//! Which blocks a question is about, and what they add up to.

use std::fmt;

use crate::graph::HeapGraph;
use crate::text::{count, size};
use crate::types::Pattern;
use crate::walk::Trust;

/// Some blocks of a captured heap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// In the order of addresses.
    pub(crate) blocks: Vec<u32>,
}

/// Figures of some blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Sum {
    /// How many there are.
    pub blocks: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Bytes that would be free without them: theirs, and those that they alone hold.
    pub retained: u64,
}

impl Selection {
    /// How many blocks it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Whether it has no block.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}, {}, retaining {}",
            count(self.blocks, "block"),
            size(self.bytes),
            size(self.retained)
        )
    }
}

impl HeapGraph {
    /// All blocks.
    #[must_use]
    pub fn all(&self) -> Selection {
        self.select(|_, _| true)
    }

    /// The blocks of a type.
    #[must_use]
    pub fn by_type(&self, kind: &Pattern) -> Selection {
        let wanted: Vec<_> = self.types.names().iter().map(|name| kind.matches(name)).collect();
        self.select(|block, _| wanted[self.kind(block).0 as usize])
    }

    /// The blocks that were allocated at a place: a line such as `src/main.rs:12`, or an offset in a module such as
    /// `app+0x1234`.
    #[must_use]
    pub fn by_site(&self, location: &Pattern) -> Selection {
        let sites = 0..self.image.site_count() as u32;
        let wanted: Vec<_> =
            sites.map(|site| location.matches(self.types.location(site))).collect();
        self.select(|_, site| wanted[site as usize])
    }

    /// The blocks of which no type is known. They are called by the lines that allocated them.
    #[must_use]
    pub fn untyped(&self) -> Selection {
        self.select(|block, site| {
            let trust = self.typed.typing(block).trust();
            matches!(trust, Trust::None | Trust::Stack) && !self.types.is_typed(site)
        })
    }

    /// The block in which an address lies.
    #[must_use]
    pub fn at(&self, address: u64) -> Selection {
        Selection {
            blocks: self.image.block_at(address).map(|block| block as u32).into_iter().collect(),
        }
    }

    /// How many blocks of a type there are, and what they add up to.
    #[must_use]
    pub fn count(&self, kind: &Pattern) -> Sum {
        self.sum(&self.by_type(kind))
    }

    /// What some blocks add up to.
    #[must_use]
    pub fn sum(&self, selection: &Selection) -> Sum {
        let bytes = selection.blocks.iter().map(|&block| self.block(block).size).sum();
        let retained = self.retained_together(&selection.blocks);
        Sum { blocks: selection.blocks.len() as u64, bytes, retained }
    }

    /// The blocks that are wanted, by number and site.
    fn select(&self, is_wanted: impl Fn(u32, u32) -> bool) -> Selection {
        let numbered = (0..).zip(self.image.blocks());
        let wanted = numbered.filter(|(number, block)| is_wanted(*number, block.site));
        Selection { blocks: wanted.map(|(number, _)| number).collect() }
    }

    /// Bytes that would be free without any of these blocks: no block counts twice.
    pub(crate) fn retained_together(&self, blocks: &[u32]) -> u64 {
        let owners = self.owners();
        let mut is_covered = vec![0_u64; self.reach.order.len().div_ceil(64)];
        let mut is_member = is_covered.clone();
        for &block in blocks {
            set(&mut is_member, self.reach.number[block as usize]);
        }
        let mut sum = 0;
        // What dominates a number comes before it.
        for number in 1..self.reach.order.len() as u32 {
            let above = owners.dominators.parent[number as usize];
            if has(&is_member, above) || has(&is_covered, above) {
                set(&mut is_covered, number);
            } else if has(&is_member, number) {
                sum += owners.retained[number as usize];
            }
        }
        sum
    }
}

fn set(bits: &mut [u64], bit: u32) {
    bits[bit as usize / 64] |= 1 << (bit % 64);
}

fn has(bits: &[u64], bit: u32) -> bool {
    bits[bit as usize / 64] >> (bit % 64) & 1 == 1
}
