//! The map of live blocks in the memory of another process. The runtime's `block_map` writes it.

use std::collections::BTreeMap;
use std::ops::Range;

use mem_profile_format::layout::block_map::{
    DIRECTORY_BITS, GRANULE_BITS, LEAF_BITS, LEAVES, LENGTH, PARTS, SITE_BITS, SIZE_BITS, TABLES,
};

use super::{ReadMemory, words};
use crate::facts::{LiveBlock, Visitor};

/// Of a leaf, in words and in bytes.
const LEAF: u64 = 1 << LEAF_BITS;
const LEAF_BYTES: u64 = LEAF * WORD;
const WORD: u64 = size_of::<u32>() as u64;
const DIRECTORY: u64 = 1 << DIRECTORY_BITS;
const SITE_MASK: u32 = (1 << SITE_BITS) - 1;
/// A block of so many bytes has its size in the words behind.
const LONG: u64 = 1 << SIZE_BITS;
/// No block has so many.
const TOO_LONG: u64 = 1 << (u64::BITS - SITE_BITS);
/// A leaf takes as much, at least.
const LEAST: u64 = 4096;

/// The live blocks of another process.
#[derive(Debug)]
pub struct LiveMap<M> {
    memory: M,
    /// The addresses of the leaves, by their places in the directory.
    leaves: BTreeMap<u64, u64>,
    leaf: Leaf,
    /// So many bytes may still be read.
    room: u64,
    is_whole: bool,
}

/// The leaf that was read last.
#[derive(Debug, Default)]
struct Leaf {
    place: Option<u64>,
    bytes: Vec<u8>,
    /// Where there may be words other than zero, in words.
    runs: Vec<Range<usize>>,
}

impl<M: ReadMemory> LiveMap<M> {
    /// The map at this address, in a process that has so many bytes in memory, or swapped out. `None` if it cannot be
    /// read, or is none.
    pub fn find(mut memory: M, address: u64, most: u64) -> Option<Self> {
        let word = |memory: &mut M, at: usize| {
            words(memory, address.checked_add(at as u64)?).map(|[word]: [u64; 1]| word)
        };
        let [length, tables, count] =
            [LENGTH, TABLES, LEAVES].map(|offset| word(&mut memory, offset));
        let (length, tables, count) = (length?, tables?, count?);
        if length != DIRECTORY || count > most / LEAST {
            return None;
        }
        let places = tables.checked_add(DIRECTORY * 8)?;
        let mut bytes = vec![0; usize::try_from(count * WORD).ok()?];
        if !memory.read(places, &mut bytes) {
            return None;
        }
        let mut leaves = BTreeMap::new();
        for place in bytes.as_chunks().0 {
            // A place of zero is one that is being written.
            let Some(place) = u64::from(u32::from_ne_bytes(*place)).checked_sub(1) else {
                continue;
            };
            let [leaf] = words(&mut memory, tables.checked_add(place * 8)?)?;
            if leaf != 0 && place < DIRECTORY {
                leaves.insert(place, leaf);
            }
        }
        Some(Self { memory, leaves, leaf: Leaf::default(), room: most, is_whole: true })
    }

    /// Visits the blocks that begin in a range of addresses, in order, until the visitor breaks.
    pub fn visit(&mut self, mut range: Range<u64>, visitor: Visitor<'_>) {
        while let Some(block) = self.first_in(range.clone()) {
            if visitor(block).is_break() {
                return;
            }
            range.start = block.end();
        }
    }

    /// The first one.
    pub(super) fn first_in(&mut self, range: Range<u64>) -> Option<LiveBlock> {
        let [mut granule, end] = [range.start, range.end].map(|at| at.div_ceil(1 << GRANULE_BITS));
        while granule < end {
            let first = self.load(granule >> LEAF_BITS)? << LEAF_BITS;
            let from = granule.saturating_sub(first);
            let found = self.leaf.next(from..end.saturating_sub(first).min(LEAF));
            let Some((index, word)) = found else {
                granule = first + LEAF;
                continue;
            };
            granule = first + index;
            if let Some(size) = self.size(granule, word) {
                let address = granule << GRANULE_BITS;
                return Some(LiveBlock { address, size, site: word & SITE_MASK });
            }
            granule += 1;
        }
        None
    }

    /// Whether all of it could be read that was needed.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Reads the leaf at this place, or the next one. Returns its place.
    fn load(&mut self, place: u64) -> Option<u64> {
        if self.leaf.place == Some(place) {
            return Some(place);
        }
        let (&place, &address) = self.leaves.range(place..).next()?;
        if self.leaf.place != Some(place) {
            self.is_whole &= self.leaf.read(&mut self.memory, address, &mut self.room).is_some();
            self.leaf.place = Some(place);
        }
        Some(place)
    }

    /// The size of the block with this word, if it is one.
    fn size(&mut self, granule: u64, word: u32) -> Option<u64> {
        if word & SITE_MASK == 0 {
            return None;
        }
        match u64::from(word >> SITE_BITS) {
            0 => {
                let parts = (1..=PARTS as u64).zip((0..).step_by(SIZE_BITS as usize));
                let size = parts.fold(0, |size, (behind, shift)| {
                    let word = self.word(granule + behind);
                    let part = if word & SITE_MASK == 0 { word >> SITE_BITS } else { 0 };
                    size | u64::from(part) << shift
                });
                // It may be gone by now.
                Some(size).filter(|size| (LONG..TOO_LONG).contains(size))
            }
            size => Some(size),
        }
    }

    /// The word of a granule near the one that was found.
    fn word(&mut self, granule: u64) -> u32 {
        let (place, index) = (granule >> LEAF_BITS, granule % LEAF);
        if self.leaf.place == Some(place) {
            return self.leaf.word(index as usize);
        }
        let mut word = [0; WORD as usize];
        let leaf = self.leaves.get(&place);
        let address = leaf.and_then(|leaf| leaf.checked_add(index * WORD));
        let is_read = address.is_some_and(|address| self.memory.read(address, &mut word));
        self.is_whole &= is_read;
        u32::from_ne_bytes(word)
    }
}

impl Leaf {
    /// `None` if a part cannot be read; then it has none.
    fn read(&mut self, memory: &mut impl ReadMemory, address: u64, room: &mut u64) -> Option<()> {
        for run in self.runs.drain(..) {
            self.bytes[run.start * WORD as usize..run.end * WORD as usize].fill(0);
        }
        if self.bytes.is_empty() {
            // Takes memory where words are written alone.
            self.bytes = vec![0; LEAF_BYTES as usize];
        }
        let whole = address..address.checked_add(LEAF_BYTES)?;
        for run in memory.written(whole.clone())? {
            let run = run.start.clamp(whole.start, whole.end)..run.end.min(whole.end);
            let length = run.end.checked_sub(run.start)?;
            *room = room.checked_sub(length)?;
            let [start, end] = [run.start, run.end].map(|at| (at - address) as usize);
            // Noted first, since some of it may be read.
            self.runs.push(start / WORD as usize..end.div_ceil(WORD as usize));
            if !memory.read(run.start, &mut self.bytes[start..end]) {
                return None;
            }
        }
        Some(())
    }

    /// The first word in a range that is not zero.
    fn next(&self, range: Range<u64>) -> Option<(u64, u32)> {
        let range = range.start as usize..range.end as usize;
        let first = self.runs.partition_point(|run| run.end <= range.start);
        let words = self.bytes.as_chunks::<{ WORD as usize }>().0;
        for run in &self.runs[first..] {
            let (start, end) = (run.start.max(range.start), run.end.min(range.end));
            let words = words.get(start..end).unwrap_or_default();
            let skipped = empty_words(words);
            let mut words = words.iter().enumerate().skip(skipped);
            if let Some((index, word)) = words.find(|(_, word)| **word != [0; WORD as usize]) {
                return Some(((start + index) as u64, u32::from_ne_bytes(*word)));
            }
        }
        None
    }

    fn word(&self, index: usize) -> u32 {
        let words = self.bytes.as_chunks::<{ WORD as usize }>().0;
        words.get(index).map_or(0, |word| u32::from_ne_bytes(*word))
    }
}

/// How many words at the beginning are zero, at least.
fn empty_words(words: &[[u8; WORD as usize]]) -> usize {
    const AT_ONCE: usize = 16;
    let is_empty = |words: &&[[u8; WORD as usize]]| {
        words.as_flattened().iter().fold(0, |all, byte| all | byte) == 0
    };
    words.chunks_exact(AT_ONCE).take_while(is_empty).count() * AT_ONCE
}
