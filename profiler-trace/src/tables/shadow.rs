//! Which stack each live block belongs to: the map of blocks, and the pages of those in a sample.

use core::ops::Range;
use core::ptr::NonNull;

use crate::system;
use crate::tables::mapped_array;
use crate::tables::sample;
use mem_profile_runtime::internal::{Block, BlockMap, BlockVisitor, Pages};

// SAFETY: `region` gives zeroes, for good.
static BLOCKS: BlockMap = unsafe { BlockMap::new(region) };

/// The blocks of a sample, so that a free looks no further where there are none.
pub(crate) static SAMPLED: Pages = Pages::empty();

pub(crate) fn reserve() -> bool {
    BLOCKS.reserve()
}

/// Address space for the map.
fn region(bytes: usize) -> Option<NonNull<u8>> {
    NonNull::new(mapped_array::region(bytes))
}

/// Notes a block and where it came from. False where there is no room to note it.
#[inline(always)]
pub(crate) fn put<const SAMPLED: bool>(block: usize, size: usize, site: u32) -> bool {
    let is_known = BLOCKS.put(block, size, site);
    if SAMPLED && is_known {
        self::SAMPLED.add(block);
    }
    is_known
}

/// Where the block came from; zero where that is not known.
pub(crate) fn get(block: usize) -> u32 {
    BLOCKS.site(block)
}

/// Whether that is known.
#[inline(always)]
pub(crate) fn is_known<const SAMPLED: bool>(block: usize) -> bool {
    may_know::<SAMPLED>(block) && BLOCKS.site(block) != 0
}

/// False where there is no block of a sample near.
///
/// PERF: in a sample most words were never written, and reading them misses the cache. The counter of
/// a page of 2 KiB answers for most frees: 9 instructions (docs/costs.md).
#[inline(always)]
fn may_know<const SAMPLED: bool>(block: usize) -> bool {
    !SAMPLED || self::SAMPLED.may_hold(block)
}

/// Where the block came from, if it is known and not long, and has this size; then it is forgotten. The
/// allocator has asked the pages of a sample.
#[inline(always)]
pub(crate) fn take_short<const SAMPLED: bool>(block: usize, size: usize) -> Option<u32> {
    let site = BLOCKS.take_short(block, size)?;
    if SAMPLED {
        self::SAMPLED.remove(block);
    }
    Some(site)
}

/// Where the block came from, which is forgotten; zero where that is not known.
#[inline(always)]
pub(crate) fn take<const SAMPLED: bool>(block: usize, size: usize) -> u32 {
    if !may_know::<SAMPLED>(block) {
        return 0;
    }
    take_short::<SAMPLED>(block, size).unwrap_or_else(|| take_any::<SAMPLED>(block))
}

/// The same, whatever the size.
#[inline(always)]
pub(crate) fn take_any<const SAMPLED: bool>(block: usize) -> u32 {
    let site = BLOCKS.take_any(block);
    if SAMPLED && site != 0 {
        self::SAMPLED.remove(block);
    }
    site
}

/// All blocks that are known, by their addresses.
pub(crate) fn each() -> impl Iterator<Item = Block> {
    BLOCKS.each()
}

/// Visits the known blocks that begin in a range of addresses, until the visitor breaks.
pub(crate) fn visit(range: Range<usize>, visitor: BlockVisitor<'_>) {
    let _ = BLOCKS.visit(range, visitor);
}

/// The block in which an address lies.
#[cfg(feature = "graph")]
#[allow(dead_code, reason = "captures ask, which are of Linux alone")]
pub(crate) fn holder(address: usize) -> Option<Block> {
    BLOCKS.holder(address)
}

/// Has a block be of another site. False if it was not of site `from`.
#[cfg(feature = "graph")]
#[allow(dead_code, reason = "captures ask, which are of Linux alone")]
pub(crate) fn change_site(block: usize, from: u32, to: u32) -> bool {
    BLOCKS.change_site(block, from, to)
}

/// Memory that is not in a region of its own.
pub(crate) fn resident_bytes() -> u64 {
    mapped_array::resident_in((&raw const SAMPLED).addr(), size_of::<Pages>())
}

/// Forgets every block.
pub(crate) fn wipe() {
    // First, so that whoever comes in between is rather asked in vain.
    if sample::mean_bytes() != 0 {
        SAMPLED.clear();
    }
    // SAFETY: a leaf holds atomics, whose zero says that no block is known.
    BLOCKS.clear(|leaf, bytes| unsafe { system::wipe(leaf.as_ptr(), bytes) });
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_block_of_a_sample_is_found_once_and_its_page_is_free_again() {
        assert!(reserve());
        let block = 0x5666_0000_0000;
        assert!(put::<true>(block, 8, 3) && put::<true>(block + 4080, 9000, 4));
        let taken = [(0, 8), (16, 8), (4080, 9000), (0, 8)];
        let taken = taken.map(|(byte, size)| take::<true>(block + byte, size));
        assert_eq!(taken, [3, 0, 4, 0]);
        assert!(!SAMPLED.may_hold(block));
    }
}
