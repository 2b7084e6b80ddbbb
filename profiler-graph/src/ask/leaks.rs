//! What nothing holds.

use std::collections::{BTreeMap, HashMap};
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
    /// Leaks that are not suppressed, the most retained first. Together with the suppressed ones they retain all that
    /// is lost: what several of them hold comes last, by itself.
    #[must_use]
    pub fn leaks(&self) -> Vec<Leak> {
        let all = self.folded_leaks();
        let known: u64 = all.iter().map(|(leak, _)| leak.retained).sum();
        let shared = self.classes().of(Class::Lost).bytes - known;
        let wanted = all.into_iter().filter(|(_, rule)| rule.is_none()).map(|(leak, _)| leak);
        let mut leaks: Vec<_> = wanted.collect();
        if shared > 0 {
            let (name, location) = Default::default();
            leaks.push(Leak { name, location, heads: 0, bytes: 0, retained: shared, address: 0 });
        }
        leaks
    }

    /// Leaks that are suppressed, the most retained first.
    #[must_use]
    pub fn suppressed_leaks(&self) -> Vec<Leak> {
        let all = self.folded_leaks().into_iter();
        all.filter(|(_, rule)| rule.is_some()).map(|(leak, _)| leak).collect()
    }

    /// All leaks, and which rule suppresses each.
    fn folded_leaks(&self) -> Vec<(Leak, Option<usize>)> {
        let mut folded: BTreeMap<(&str, &str, Option<usize>), Leak> = BTreeMap::new();
        let mut rules = HashMap::new();
        for &head in &self.reach.heads {
            let block = self.block(head);
            let (kind, location) = (self.kind(head), self.types.location(block.site));
            let rule = *rules.entry((kind, block.site)).or_insert_with(|| {
                let functions = self.functions.get(&block.site).map_or(&[][..], Vec::as_slice);
                self.suppressions.find(self.types.name(kind), location, functions)
            });
            let kind = self.types.name(kind);
            let leak = folded.entry((kind, location, rule)).or_insert_with(|| Leak {
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
        let mut leaks: Vec<_> = folded.into_iter().map(|((.., rule), leak)| (leak, rule)).collect();
        leaks.sort_by_key(|(leak, _)| std::cmp::Reverse(leak.retained));
        leaks
    }

    /// How many leaks are suppressed, and which rules of the user suppress none.
    pub(super) fn notes_of_suppressions(&self) -> Vec<String> {
        let all = self.folded_leaks();
        let (mut heads, mut bytes) = (0, 0);
        for (leak, _) in all.iter().filter(|(_, rule)| rule.is_some()) {
            heads += leak.heads;
            bytes += leak.retained;
        }
        let mut notes = Vec::new();
        if heads > 0 {
            let (heads, bytes) = (count(heads, "lost block"), size(bytes));
            notes.push(format!("{heads}, retaining {bytes}, are suppressed and no leaks here."));
        }
        for (number, rule) in self.suppressions.rules().iter().enumerate() {
            if rule.line > 0 && all.iter().all(|(_, found)| *found != Some(number)) {
                let (line, text) = (rule.line, name(&rule.text));
                notes.push(format!("The suppression in line {line} has no leak: {text}."));
            }
        }
        notes
    }
}
