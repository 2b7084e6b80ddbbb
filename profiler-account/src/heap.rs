//! Live blocks, and the pages on which they lie: one walk over both, in the order of addresses.

use std::collections::HashMap;
use std::mem;
use std::ops::Range;

use crate::facts::{FirstBlock, LiveBlock};
use crate::pages::{Resident, length};
use crate::pins::{OnPage, PinTable};
use crate::smaps::Mapping;

/// Of blocks from this size on, it is said how much was never touched.
const LARGE: u64 = 64 << 10;
/// glibc's headers, and the step of its sizes.
const HEADER: u64 = 8;
const STEP: u64 = 16;
/// Its smallest chunk.
const SMALLEST: u64 = 32;
/// The bytes of a free chunk that glibc keeps when it returns pages, behind where the block before it ends.
const KEPT: u64 = 40;

/// The parts of a mapping, in resident bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Found {
    pub(crate) blocks: u64,
    pub(crate) live: u64,
    pub(crate) overhead: u64,
    /// Free bytes on pages with blocks.
    pub(crate) pinned: u64,
    /// The bytes of all blocks with their headers, resident or not.
    pub(crate) footprint: u64,
    /// Where the last block ends.
    pub(crate) end: u64,
    /// Whole free pages that glibc keeps, since a free chunk begins on them.
    pub(crate) kept: u64,
    /// Whether a block lies here that was not mapped for itself.
    pub(crate) has_shared_pages: bool,
}

impl Found {
    /// Resident bytes of the pages with blocks.
    pub(crate) fn touched(&self) -> u64 {
        self.live + self.overhead + self.pinned
    }
}

/// All live blocks, one mapping after another.
pub(crate) struct Heap<'a> {
    first_block: Option<FirstBlock<'a>>,
    /// The block that was found last, if nobody has taken it.
    next: Option<LiveBlock>,
    /// The part of a block that lies in the next mapping.
    rest: Option<Piece>,
    /// Where the last block ended.
    end: u64,
    page: u64,
    is_glibc: bool,
    pub(crate) pins: PinTable,
    /// Bytes of large blocks that are not resident, and the blocks, by site.
    pub(crate) untouched: HashMap<u32, (u64, u64)>,
    /// Bytes of blocks that reach into no mapping.
    lost: u64,
}

/// A block or the part of one in a mapping.
#[derive(Clone, Debug)]
struct Piece {
    live: Range<u64>,
    /// With the header, and rounded.
    footprint: Range<u64>,
    site: u32,
    /// Of the whole block.
    size: u64,
}

/// The page that is being filled.
#[derive(Debug, Default)]
struct Page {
    start: u64,
    live: u64,
    blocks: Vec<OnPage>,
}

impl<'a> Heap<'a> {
    pub(crate) fn new(first_block: Option<FirstBlock<'a>>, page: u64, is_glibc: bool) -> Self {
        Self {
            first_block,
            next: None,
            rest: None,
            end: 0,
            page,
            is_glibc,
            pins: PinTable::new(),
            untouched: HashMap::new(),
            lost: 0,
        }
    }

    /// Whether blocks lie in a mapping, which is behind those that were walked.
    pub(crate) fn has_blocks_in(&mut self, mapping: &Mapping) -> bool {
        let is_rest = self.rest.as_ref().is_some_and(|rest| rest.live.start == mapping.range.start);
        self.next = self.take_next(mapping);
        is_rest || self.next.is_some()
    }

    /// The next block of a mapping.
    fn take_next(&mut self, mapping: &Mapping) -> Option<LiveBlock> {
        let end = mapping.range.end;
        if let Some(next) = self.next.take_if(|next| next.address < end) {
            return Some(next);
        }
        let from = self.end.max(mapping.range.start);
        // Nobody has blocks where nobody has access.
        if from >= end || !mapping.is_accessible {
            return None;
        }
        let found = self.first_block.as_mut()?(from..end)?;
        (from..end).contains(&found.address).then_some(found)
    }

    /// Walks the blocks of a mapping, which is behind those that were walked. In an arena, blocks share pages.
    pub(crate) fn walk(
        &mut self,
        mapping: &Mapping,
        is_arena: bool,
        resident: &mut Resident,
    ) -> Found {
        let mut found = Found::default();
        let mut page = Page::default();
        if let Some(rest) = self.rest.take() {
            if rest.live.start == mapping.range.start {
                self.add(rest, mapping, &mut page, resident, &mut found);
            } else {
                self.lost += length(&rest.live);
            }
        }
        while let Some(block) = self.take_next(mapping) {
            let end = block.address.saturating_add(block.size.max(1));
            self.end = end;
            let is_chunk = self.is_glibc && !is_arena && block.address % self.page == STEP;
            found.has_shared_pages |= !is_chunk;
            found.blocks += 1;
            self.pins.add_block(block.site, block.size);
            let footprint = self.footprint(block, is_arena, is_chunk);
            let LiveBlock { address, site, size } = block;
            let piece = Piece { live: address..end, footprint, site, size };
            self.add(piece, mapping, &mut page, resident, &mut found);
        }
        self.flush(&mut page, resident, &mut found);
        found
    }

    /// Passes over the blocks of a mapping of which nobody knows the resident pages.
    pub(crate) fn skip(&mut self, mapping: &Mapping) {
        self.rest = None;
        while let Some(block) = self.take_next(mapping) {
            self.end = block.address.saturating_add(block.size.max(1));
        }
    }

    fn footprint(&self, block: LiveBlock, is_arena: bool, is_chunk: bool) -> Range<u64> {
        let (address, end) = (block.address, self.end);
        if is_chunk {
            return address - STEP..end.checked_next_multiple_of(self.page).unwrap_or(end);
        }
        if !self.is_glibc || !is_arena {
            return address..end;
        }
        let start = address.saturating_sub(HEADER);
        let chunk = block.size.saturating_add(HEADER).checked_next_multiple_of(STEP);
        start..start.saturating_add(chunk.unwrap_or(block.size).max(SMALLEST)).max(end)
    }

    fn add(
        &mut self,
        mut piece: Piece,
        mapping: &Mapping,
        page: &mut Page,
        resident: &mut Resident,
        found: &mut Found,
    ) {
        let border = mapping.range.end;
        if piece.live.end > border {
            let live = border..piece.live.end;
            self.rest = Some(Piece { footprint: border..piece.footprint.end, live, ..piece });
        }
        // No page is taken up again, even where blocks lie so dense that they have no headers.
        let start = page.start.max(mapping.range.start);
        let cut = |range: &Range<u64>| range.start.max(start)..range.end.min(border);
        (piece.live, piece.footprint) = (cut(&piece.live), cut(&piece.footprint));
        if piece.footprint.is_empty() {
            return;
        }
        let first = piece.footprint.start / self.page * self.page;
        found.kept += self.kept(found.end, first, resident);
        found.footprint += length(&piece.footprint);
        found.end = piece.footprint.end;
        let last = (piece.footprint.end - 1) / self.page * self.page;
        self.add_to_page(first, &piece, page, resident, found);
        if last > first {
            let inside = first + self.page..last;
            if inside.start < inside.end {
                self.flush(page, resident, found);
                self.add_whole_pages(inside, &piece, mapping, resident, found);
            }
            self.add_to_page(last, &piece, page, resident, found);
        }
    }

    /// The first whole page between a block's end and the page of the next one, if glibc keeps it.
    fn kept(&self, end: u64, next: u64, resident: &Resident) -> u64 {
        let start = end.checked_next_multiple_of(self.page).unwrap_or(u64::MAX);
        let is_kept = self.is_glibc && start < next && start - end < KEPT;
        if is_kept && end > 0 { resident.bytes_anywhere(start..start + self.page) } else { 0 }
    }

    /// Pages that the block has for itself.
    fn add_whole_pages(
        &mut self,
        inside: Range<u64>,
        piece: &Piece,
        mapping: &Mapping,
        resident: &mut Resident,
        found: &mut Found,
    ) {
        let bytes = resident.bytes_in(inside.clone());
        let live = overlap(&piece.live, &inside).min(bytes);
        found.live += live;
        found.overhead += bytes - live;
        let missing = length(&inside) - bytes;
        // Where something is swapped out, nobody knows which pages those are.
        if piece.size >= LARGE && missing > 0 && mapping.swap == 0 {
            let (sum, blocks) = self.untouched.entry(piece.site).or_default();
            (*sum, *blocks) = (*sum + missing, *blocks + 1);
        }
    }

    fn add_to_page(
        &mut self,
        start: u64,
        piece: &Piece,
        page: &mut Page,
        resident: &mut Resident,
        found: &mut Found,
    ) {
        if page.start != start {
            self.flush(page, resident, found);
            page.start = start;
        }
        let whole = start..start + self.page;
        page.live += overlap(&piece.live, &whole);
        let bytes = overlap(&piece.footprint, &whole);
        page.blocks.push(OnPage { site: piece.site, size: piece.size, bytes });
    }

    /// The page is complete.
    fn flush(&mut self, page: &mut Page, resident: &mut Resident, found: &mut Found) {
        let Page { start, live, mut blocks } = mem::take(page);
        let bytes = match blocks.is_empty() {
            true => 0,
            false => resident.bytes_in(start..start + self.page),
        };
        if bytes > 0 {
            let live = live.min(bytes);
            let footprint: u64 = blocks.iter().map(|block| block.bytes).sum();
            let overhead = footprint.saturating_sub(live).min(bytes - live);
            let free = bytes - live - overhead;
            (found.live, found.overhead) = (found.live + live, found.overhead + overhead);
            found.pinned += free;
            self.pins.add_page(live, free, &blocks);
        }
        blocks.clear();
        page.blocks = blocks;
    }

    /// No mapping is left. Returns the bytes of blocks that reach into none: the process has gone on.
    pub(crate) fn finish(&mut self) -> u64 {
        self.lost + self.rest.take().map_or(0, |rest| length(&rest.live))
    }
}

fn overlap(one: &Range<u64>, other: &Range<u64>) -> u64 {
    length(&(one.start.max(other.start)..one.end.min(other.end)))
}
