//! Words that lead to a block, in memory that is neither a block nor a root: of C's `malloc`, of mappings that the
//! program has made, and of blocks that are older than the tracer's start.

use core::ops::Range;

use mem_profile_format::heap_layout::{kind, unseen};

use super::blocks::{Blocks, words};
use super::index::{Index, unpack};
use super::maps::{Mapping, Maps};
use super::pages::Pages;
use super::room::Room;
use super::roots::Roots;
use super::write::Writer;

/// Words of a section, two for each that was found.
const MOST: usize = 8192;
/// Words that are written for a block. Memory that was freed may be full of words that lead to a few.
const MOST_OF_BLOCK: u8 = 16;

/// Searches, and writes what it finds.
pub(super) struct Search<'a> {
    pub(super) blocks: &'a Blocks,
    pub(super) index: &'a Index,
    pub(super) pages: &'a Pages,
    found: Room<[u64; 2]>,
    /// How many words lead to each block.
    of_block: Room<u8>,
}

impl<'a> Search<'a> {
    pub(super) fn new(blocks: &'a Blocks, index: &'a Index, pages: &'a Pages) -> Result<Self, i32> {
        // SAFETY: zero is a number.
        let of_block = unsafe { Room::zeroes(blocks.all().len()) }?;
        Ok(Self { blocks, index, pages, found: Room::new()?, of_block })
    }

    /// In all memory but that of roots, and of the profiler.
    pub(super) fn all(
        &mut self,
        maps: &Maps,
        roots: &Roots,
        own: impl Iterator<Item = Range<usize>>,
        writer: &mut Writer,
    ) -> Result<(), i32> {
        let mut known = Room::new()?;
        for range in roots.ranges().chain(own).filter(|range| !range.is_empty()) {
            known.push([range.start, range.end])?;
        }
        known.get_mut().sort_unstable();
        let mut next_block = 0;
        for mapping in maps.all().iter().filter(|mapping| is_searched(mapping)) {
            let mut at = mapping.start;
            let behind = known.get().partition_point(|&[_, end]| end <= at);
            let inside = known.get().iter().skip(behind);
            for &[start, end] in inside.take_while(|[start, _]| *start < mapping.end) {
                self.between_blocks(at..start, mapping, &mut next_block, writer)?;
                at = at.max(end);
            }
            self.between_blocks(at..mapping.end, mapping, &mut next_block, writer)?;
        }
        self.flush(writer)
    }

    /// In what lies between the blocks of a range.
    fn between_blocks(
        &mut self,
        range: Range<usize>,
        mapping: &Mapping,
        next_block: &mut usize,
        writer: &mut Writer,
    ) -> Result<(), i32> {
        let blocks = self.blocks;
        let mut at = range.start;
        while at < range.end {
            let block = blocks.all().get(*next_block).map(unpack);
            let (start, end) = block.map_or((range.end, range.end), |(start, size)| {
                (start, (start + size).next_multiple_of(8))
            });
            if start < range.end {
                *next_block += usize::from(end <= range.end);
            }
            self.search(at..start.min(range.end), mapping, writer)?;
            at = at.max(end);
        }
        Ok(())
    }

    fn search(
        &mut self,
        range: Range<usize>,
        mapping: &Mapping,
        writer: &mut Writer,
    ) -> Result<(), i32> {
        if range.is_empty() {
            return Ok(());
        }
        let (index, blocks) = (self.index, self.blocks);
        let (found, of_block) = (&mut self.found, self.of_block.get_mut());
        self.pages.each(range, mapping, &mut |part| {
            let part = part.start.next_multiple_of(8)..part.end & !7;
            for (place, word) in words(part) {
                if index.may_lead(word)
                    && let Some(number) = index.find(blocks.all(), word)
                    && let Some(count) = of_block.get_mut(number)
                    && *count < MOST_OF_BLOCK
                {
                    *count += 1;
                    found.push([place as u64, word])?;
                    if found.get().len() * 2 >= MOST {
                        flush(found, writer)?;
                    }
                }
            }
            Ok(())
        })
    }

    fn flush(&mut self, writer: &mut Writer) -> Result<(), i32> {
        flush(&mut self.found, writer)
    }
}

fn flush(found: &mut Room<[u64; 2]>, writer: &mut Writer) -> Result<(), i32> {
    if !found.get().is_empty() {
        writer.section(kind::UNSEEN, (found.get().len() * unseen::SIZE) as u64)?;
        writer.words(found.get().as_flattened())?;
        found.truncate(0);
    }
    Ok(())
}

fn is_searched(mapping: &Mapping) -> bool {
    mapping.is_readable && mapping.is_private && (mapping.is_writable || mapping.is_anonymous)
}
