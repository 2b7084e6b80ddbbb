//! All blocks, and which of them hold a word that leads to one.

use core::ops::Range;

use mem_profile_format::heap_layout::{WORD, block, kind};

use super::index::{Index, unpack};
use super::maps::{Mapping, Maps};
use super::pages::Pages;
use super::room::Room;
use super::write::Writer;
use crate::tables::shadow;
use crate::tables::tree::SITES;

/// The blocks, as the file has them.
pub(super) struct Blocks {
    words: Room<[u64; 2]>,
    pub(super) bytes: u64,
    /// One bit for each site.
    used_sites: Room<u64>,
}

impl Blocks {
    /// Lists them in the order of addresses.
    pub(super) fn list() -> Result<Self, i32> {
        let mut words = Room::new()?;
        // SAFETY: zero is a number.
        let mut used_sites = unsafe { Room::<u64>::zeroes(SITES / 64) }?;
        let (mut bytes, mut free) = (0, 1);
        for found in shadow::each() {
            // Where the program has freed a block with the size of another one, the map may be wrong.
            if found.address < free || found.size == 0 {
                continue;
            }
            free = found.address + found.size;
            bytes += found.size as u64;
            words.push(block::pack(found.address as u64, found.size as u64, found.site))?;
            if let Some(word) = used_sites.get_mut().get_mut(found.site as usize / 64) {
                *word |= 1 << (found.site % 64);
            }
        }
        Ok(Self { words, bytes, used_sites })
    }

    pub(super) fn all(&self) -> &[[u64; 2]] {
        self.words.get()
    }

    pub(super) fn is_used(&self, site: u32) -> bool {
        let word = self.used_sites.get().get(site as usize / 64);
        word.is_some_and(|word| word & 1 << (site % 64) != 0)
    }

    /// The block in which an address lies.
    pub(super) fn at(&self, address: usize) -> Option<Range<usize>> {
        let blocks = self.all();
        let behind = blocks.partition_point(|words| unpack(words).0 <= address);
        let (start, size) = unpack(blocks.get(behind.checked_sub(1)?)?);
        (address < start + size).then_some(start..start + size)
    }

    /// The whole words of each block, and where these begin the mapping, if all can be read.
    pub(super) fn mapped(
        &self,
        maps: &Maps,
    ) -> impl Iterator<Item = (Range<usize>, Option<Mapping>)> {
        // Blocks and mappings have the same order.
        let mut known: Option<Mapping> = None;
        self.all().iter().map(move |words| {
            let (start, size) = unpack(words);
            let range = start..start + size.next_multiple_of(WORD);
            if !known.is_some_and(|known| known.start <= start && range.end <= known.end) {
                known = maps.at(start).map(|(_, mapping)| mapping);
            }
            let mapping = known.filter(|mapping| maps_all(maps, mapping, &range));
            (range, mapping)
        })
    }

    /// Which blocks hold a word that leads to one: a bit for each.
    pub(super) fn holders(
        &self,
        index: &Index,
        maps: &Maps,
        pages: &Pages,
        takes_all: bool,
    ) -> Result<Room<u64>, i32> {
        let blocks = self.all();
        // SAFETY: zero is a number.
        let mut holders = unsafe { Room::<u64>::zeroes(blocks.len().div_ceil(64)) }?;
        for (number, (range, mapping)) in self.mapped(maps).enumerate() {
            if mapping
                .is_some_and(|mapping| takes_all || leads(range, blocks, index, &mapping, pages))
                && let Some(word) = holders.get_mut().get_mut(number / 64)
            {
                *word |= 1 << (number % 64);
            }
        }
        Ok(holders)
    }

    /// Blocks, holders and contents.
    pub(super) fn write(
        &self,
        holders: &Room<u64>,
        maps: &Maps,
        pages: &Pages,
        writer: &mut Writer,
    ) -> Result<(), i32> {
        write_all(kind::BLOCKS, self.all().as_flattened(), writer)?;
        write_all(kind::HOLDERS, holders.get(), writer)?;
        let length = self.held(holders).map(|range| range.len() as u64).sum();
        writer.section(kind::CONTENTS, length)?;
        self.held(holders).try_for_each(|range| writer.sparse_memory(range, maps, pages))
    }

    /// The memory of holders.
    fn held<'a>(&'a self, holders: &'a Room<u64>) -> impl Iterator<Item = Range<usize>> + 'a {
        let groups = self.all().chunks(64).zip(holders.get());
        groups.flat_map(|(blocks, &word)| {
            let is_held = move |(bit, _): &(usize, _)| word & 1 << *bit != 0;
            let held = blocks.iter().enumerate().filter(is_held);
            held.map(|(_, words)| {
                let (start, size) = unpack(words);
                start..start + size.next_multiple_of(WORD)
            })
        })
    }
}

fn write_all(kind: u64, words: &[u64], writer: &mut Writer) -> Result<(), i32> {
    let (start, bytes) = (words.as_ptr().addr(), size_of_val(words));
    writer.section(kind, bytes as u64)?;
    writer.memory(start..start + bytes)
}

/// Whether all of it can be read, of which the beginning lies in this mapping.
fn maps_all(maps: &Maps, mapping: &Mapping, range: &Range<usize>) -> bool {
    match range.end <= mapping.end {
        true => mapping.is_readable,
        false => maps.readable(range.clone()) == *range,
    }
}

fn leads(
    range: Range<usize>,
    blocks: &[[u64; 2]],
    index: &Index,
    mapping: &Mapping,
    pages: &Pages,
) -> bool {
    const FOUND: i32 = -1;
    let mut visit = |part: Range<usize>| match words(part)
        .any(|(_, word)| index.may_lead(word) && index.find(blocks, word).is_some())
    {
        true => Err(FOUND),
        false => Ok(()),
    };
    pages.each(range, mapping, &mut visit) == Err(FOUND)
}

/// The words in readable memory, and where they are.
#[inline(always)]
pub(super) fn words(range: Range<usize>) -> impl Iterator<Item = (usize, u64)> {
    range.step_by(WORD).map(|place| {
        // SAFETY: it can be read. Volatile, since the compiler knows nothing of what lies there.
        (place, unsafe { (place as *const u64).read_volatile() })
    })
}
