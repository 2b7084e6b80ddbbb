//! Live blocks, and the pages on which they lie: one walk over both, in the order of addresses.

use std::collections::HashMap;
use std::mem;
use std::ops::{ControlFlow, Range};

use crate::facts::{Facts, LiveBlock, LiveBlocks, SizeClass};
use crate::pages::{PageSize, Resident, length};
use crate::pins::{OnPage, PinTable, SiteIndex};
use crate::smaps::Mapping;

/// Of blocks from this size on, it is said how much was never touched.
const LARGE: u64 = 64 << 10;
/// Blocks from this size on have mappings of their own, as long as glibc's threshold has not risen.
pub(crate) const MAPPED_FROM: u64 = 128 << 10;
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
    /// Bytes of blocks that would usually be mapped for themselves.
    pub(crate) large: u64,
    /// Resident bytes of the gaps in which such blocks have room.
    pub(crate) gaps: u64,
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
    live_blocks: Option<LiveBlocks<'a>>,
    /// The part of a block that lies in the next mapping.
    rest: Option<Piece>,
    /// Where the last block ended.
    end: u64,
    page: PageSize,
    is_glibc: bool,
    size_class: Option<SizeClass<'a>>,
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
    block: LiveBlock,
    /// The site's number.
    site: SiteIndex,
}

/// The page that is being filled.
#[derive(Debug, Default)]
struct Page {
    start: u64,
    live: u64,
    blocks: Vec<OnPage>,
}

impl<'a> Heap<'a> {
    pub(crate) fn new(facts: &mut Facts<'a>, page: u64) -> Self {
        Self {
            live_blocks: facts.live_blocks.take(),
            rest: None,
            end: 0,
            page: PageSize::new(page),
            is_glibc: facts.is_glibc,
            size_class: facts.size_class.take(),
            pins: PinTable::new(),
            untouched: HashMap::new(),
            lost: 0,
        }
    }

    /// Whether blocks lie in a mapping, which is behind those that were walked.
    pub(crate) fn has_blocks_in(&mut self, mapping: &Mapping) -> bool {
        let is_rest = self.rest.as_ref().is_some_and(|rest| rest.live.start == mapping.range.start);
        let mut has_blocks = is_rest;
        if !is_rest {
            self.visit(mapping, |_, _| {
                has_blocks = true;
                ControlFlow::Break(())
            });
        }
        has_blocks
    }

    /// Visits the blocks of a mapping behind those that were walked.
    fn visit(
        &mut self,
        mapping: &Mapping,
        mut visitor: impl FnMut(&mut Self, LiveBlock) -> ControlFlow<()>,
    ) {
        let start = self.end.max(mapping.range.start);
        let range = start..mapping.range.end;
        // Nobody has blocks where nobody has access.
        if range.is_empty() || !mapping.is_accessible {
            return;
        }
        let Some(mut live_blocks) = self.live_blocks.take() else { return };
        live_blocks(range.clone(), &mut |block| {
            // Where a process goes on, blocks may overlap.
            match block.address >= self.end && range.contains(&block.address) {
                true => visitor(self, block),
                false => ControlFlow::Continue(()),
            }
        });
        self.live_blocks = Some(live_blocks);
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
        self.visit(mapping, |heap, block| {
            heap.end = block.end();
            let is_chunk = heap.is_glibc && !is_arena && heap.page.offset(block.address) == STEP;
            found.has_shared_pages |= !is_chunk;
            found.blocks += 1;
            found.large += if block.size >= MAPPED_FROM { block.size } else { 0 };
            let site = heap.pins.add_block(block.site, block.size);
            let footprint = heap.footprint(block, is_arena, is_chunk);
            let piece = Piece { live: block.address..heap.end, footprint, block, site };
            heap.add(piece, mapping, &mut page, resident, &mut found);
            ControlFlow::Continue(())
        });
        self.flush(&mut page, resident, &mut found);
        found
    }

    /// Passes over the blocks of a mapping of which nobody knows the resident pages.
    pub(crate) fn skip(&mut self, mapping: &Mapping) {
        self.rest = None;
        self.visit(mapping, |heap, block| {
            heap.end = block.end();
            heap.pins.add_block(block.site, block.size);
            ControlFlow::Continue(())
        });
    }

    fn footprint(&self, block: LiveBlock, is_arena: bool, is_chunk: bool) -> Range<u64> {
        let (address, end) = (block.address, self.end);
        if is_chunk {
            return address - STEP..self.page.next_start(end).unwrap_or(end);
        }
        if let Some(size_class) = &self.size_class {
            return address..address.saturating_add(size_class(block.size)).max(end);
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
        let first = self.page.start(piece.footprint.start);
        found.kept += self.kept(found.end, first, resident);
        if found.end > 0 && first.saturating_sub(found.end) >= MAPPED_FROM {
            let start = self.page.next_start(found.end).unwrap_or(first);
            found.gaps += resident.bytes_anywhere(start..first);
        }
        found.footprint += length(&piece.footprint);
        found.end = piece.footprint.end;
        let last = self.page.start(piece.footprint.end - 1);
        self.add_to_page(first, &piece, page, resident, found);
        if last > first {
            let inside = first + self.page.bytes()..last;
            if inside.start < inside.end {
                self.flush(page, resident, found);
                self.add_whole_pages(inside, &piece, mapping, resident, found);
            }
            self.add_to_page(last, &piece, page, resident, found);
        }
    }

    /// The first whole page between a block's end and the page of the next one, if glibc keeps it.
    fn kept(&self, end: u64, next: u64, resident: &Resident) -> u64 {
        let start = self.page.next_start(end).unwrap_or(u64::MAX);
        let is_kept = self.is_glibc && start < next && start - end < KEPT;
        if is_kept && end > 0 {
            resident.bytes_anywhere(start..start + self.page.bytes())
        } else {
            0
        }
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
        if piece.block.size >= LARGE && missing > 0 && mapping.swap == 0 {
            let (sum, blocks) = self.untouched.entry(piece.block.site).or_default();
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
        let whole = start..start + self.page.bytes();
        page.live += overlap(&piece.live, &whole);
        let bytes = overlap(&piece.footprint, &whole);
        page.blocks.push(OnPage { site: piece.site, size: piece.block.size, bytes });
    }

    /// The page is complete.
    fn flush(&mut self, page: &mut Page, resident: &mut Resident, found: &mut Found) {
        let Page { start, live, mut blocks } = mem::take(page);
        let bytes = match blocks.is_empty() {
            true => 0,
            false => resident.bytes_in(start..start + self.page.bytes()),
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
