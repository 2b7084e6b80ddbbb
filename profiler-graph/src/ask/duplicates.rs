//! Blocks whose contents are equal, and what is spared if all of them are one.

use std::collections::BTreeMap;
use std::fmt;

use crate::graph::HeapGraph;
use crate::text::{count, name, size};
use crate::types::Kind;

/// Blocks of a type and a line, of which others have the same contents.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Duplicate {
    /// Name of the type.
    pub name: String,
    /// The line that allocated them.
    pub location: String,
    /// How many blocks are there besides one for each of the contents.
    pub copies: u64,
    /// Their bytes: what is spared if the contents are shared.
    pub bytes: u64,
    /// How many contents they have.
    pub contents: u64,
}

impl fmt::Display for Duplicate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = name(&self.name);
        write!(formatter, "{what}")?;
        if self.location != self.name {
            write!(formatter, " at {}", name(&self.location))?;
        }
        let copies = match self.copies {
            1 => "1 copy".to_owned(),
            copies => format!("{copies} copies"),
        };
        let contents = count(self.contents, "value");
        write!(formatter, ": {copies} of {contents}, {} to spare", size(self.bytes))
    }
}

impl HeapGraph {
    /// Blocks with equal contents, the most bytes first. Of each type, one block of each of the contents is no copy:
    /// that with the lowest address. So the bytes of all add up. `None` if the capture has no hashes of contents
    /// (`Config::duplicates`).
    ///
    /// Blocks are equal that hold the same pointers, and so are those that were only zeroed. Whether they will stay
    /// equal is not known.
    #[must_use]
    pub fn duplicates(&self) -> Option<Vec<Duplicate>> {
        if !self.image.has_hashes() {
            return None;
        }
        let mut hashed: Vec<(Kind, u64, u64, u32)> = (0..self.image.block_count() as u32)
            .filter_map(|block| {
                let hash = self.image.hash(block as usize)?;
                Some((self.kind(block), self.block(block).size, hash, block))
            })
            .collect();
        hashed.sort_unstable();
        let mut found: BTreeMap<(Kind, &str), Duplicate> = BTreeMap::new();
        for equal in
            hashed.chunk_by(|one, other| (one.0, one.1, one.2) == (other.0, other.1, other.2))
        {
            let place = |&(_, _, _, block)| self.types.location(self.block(block).site);
            let mut copies: Vec<&str> = equal.iter().skip(1).map(place).collect();
            copies.sort_unstable();
            let (kind, size) = (equal[0].0, equal[0].1);
            for copies in copies.chunk_by(|one, other| one == other) {
                let location = copies[0];
                let duplicate = found.entry((kind, location)).or_insert_with(|| Duplicate {
                    name: self.types.name(kind).to_owned(),
                    location: location.to_owned(),
                    copies: 0,
                    bytes: 0,
                    contents: 0,
                });
                duplicate.copies += copies.len() as u64;
                duplicate.bytes += size * copies.len() as u64;
                duplicate.contents += 1;
            }
        }
        let mut found: Vec<_> = found.into_values().collect();
        found.sort_by_key(|duplicate| std::cmp::Reverse(duplicate.bytes));
        Some(found)
    }
}
