//! What nothing holds.

use std::collections::BTreeMap;
use std::fmt;

use crate::class::Class;
use crate::graph::HeapGraph;
use crate::text::{count, name, size};

/// Lost blocks that no other lost block holds, with all that they hold; of one type and allocated at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Leak {
    /// Name of their type; empty for what several of the others hold.
    pub name: String,
    /// Where they were allocated.
    pub location: String,
    /// How many there are.
    pub heads: u64,
    /// Their own bytes.
    pub bytes: u64,
    /// Their bytes and those of all that each alone holds.
    pub retained: u64,
    /// The address of one; 0 for what several hold.
    pub address: u64,
}

impl fmt::Display for Leak {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let retained = size(self.retained);
        if self.heads == 0 {
            return write!(formatter, "{retained} held by several of these");
        }
        let (leak, location) = (name(&self.name), name(&self.location));
        let heads = count(self.heads, "block");
        write!(
            formatter,
            "{leak}: {heads}, {}, retaining {retained}, at {location}",
            size(self.bytes)
        )
    }
}

impl HeapGraph {
    /// What is lost, the most retained first. Together they retain all that is lost: what several of them hold
    /// comes last, by itself.
    #[must_use]
    pub fn leaks(&self) -> Vec<Leak> {
        let mut folded: BTreeMap<(&str, &str), Leak> = BTreeMap::new();
        for &head in &self.reach.heads {
            let block = self.block(head);
            let kind = self.types.name(self.kind(head));
            let location = self.types.location(block.site);
            let leak = folded.entry((kind, location)).or_insert_with(|| Leak {
                name: kind.to_owned(),
                location: location.to_owned(),
                heads: 0,
                bytes: 0,
                retained: 0,
                address: block.start,
            });
            leak.heads += 1;
            leak.bytes += block.size;
            leak.retained += self.retained_by(head);
        }
        let mut leaks: Vec<_> = folded.into_values().collect();
        leaks.sort_by_key(|leak| std::cmp::Reverse(leak.retained));
        let known: u64 = leaks.iter().map(|leak| leak.retained).sum();
        let shared = self.classes().of(Class::Lost).bytes - known;
        if shared > 0 {
            let (name, location) = Default::default();
            leaks.push(Leak { name, location, heads: 0, bytes: 0, retained: shared, address: 0 });
        }
        leaks
    }
}
