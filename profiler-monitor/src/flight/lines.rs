//! Sums of live blocks by line of measured functions, in a table whose size never changes.

use std::cmp::Reverse;

use mem_profile_runtime::internal::{LineNumber, live_by_line};

use super::mark::{Source, Sums};

/// Lines that are told apart; what further ones hold is in the sums alone. A power of two.
const MOST: usize = 8192;

/// A line that was found. Zeroes are none.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    /// One more than the number of the line.
    key: u64,
    bytes: i64,
    blocks: i64,
}

#[derive(Debug)]
pub(super) struct Lines {
    entries: Box<[Entry]>,
    /// Those without a place in the table.
    rest: Entry,
}

impl Lines {
    pub(super) fn new() -> Self {
        Self { entries: vec![Entry::default(); MOST].into(), rest: Entry::default() }
    }

    /// Finds what lines hold, and the sums of it; `None` unless that is recorded.
    pub(super) fn find(&mut self) -> Option<Sums> {
        let all = live_by_line()?;
        self.entries.fill(Entry::default());
        self.rest = Entry::default();
        for held in all.filter(|held| held.bytes != 0) {
            let entry = self.entry(held.line.get() + 1);
            entry.bytes += held.bytes;
            entry.blocks += held.blocks;
        }
        self.entries.sort_unstable_by_key(|entry| Reverse(entry.bytes));
        let mut sums = Sums { source: Source::Lines, ..Sums::default() };
        for entry in self.entries.iter().chain([&self.rest]).filter(|entry| entry.bytes > 0) {
            sums.bytes += entry.bytes.unsigned_abs();
            sums.blocks += entry.blocks.max(0).unsigned_abs();
            sums.count += 1;
        }
        Some(sums)
    }

    fn entry(&mut self, key: u64) -> &mut Entry {
        let hash = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize;
        let is_its = |entry: &Entry| entry.key == key || entry.key == 0;
        // A table that is full is searched in short.
        let places = (0..64).map(|step| (hash + step) % MOST);
        let place = places.into_iter().find(|&place| self.entries.get(place).is_some_and(is_its));
        let found = match place.and_then(|place| self.entries.get_mut(place)) {
            Some(entry) => entry,
            None => &mut self.rest,
        };
        found.key = key;
        found
    }

    /// The lines that hold something, with bytes and blocks.
    pub(super) fn largest_first(&self) -> impl Iterator<Item = (LineNumber, u64, u64)> {
        self.entries.iter().take_while(|entry| entry.bytes > 0).map(|entry| {
            let blocks = entry.blocks.max(0).unsigned_abs();
            (LineNumber::new(entry.key - 1), entry.bytes.unsigned_abs(), blocks)
        })
    }
}
