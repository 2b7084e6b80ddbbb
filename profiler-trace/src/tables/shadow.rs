//! Which stack each live block belongs to: the map of blocks, and the pages of those in a sample.

use core::ptr::{self, NonNull};
use core::sync::atomic::{
    AtomicPtr, AtomicU32, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};

use crate::system;
use crate::tables::mapped_array;
use crate::tables::sample;
use mem_profile_runtime::internal::{BlockMap, Pages};

// SAFETY: `region` gives zeroes, for good.
static BLOCKS: BlockMap = unsafe { BlockMap::new(region) };

/// The leaves of the map, in the order in which they were made: 256 GiB of heap.
static LEAVES: [AtomicPtr<u8>; 4096] = [const { AtomicPtr::new(ptr::null_mut()) }; 4096];
static LEAF_COUNT: AtomicUsize = AtomicUsize::new(0);

/// The blocks of a sample, so that a free looks no further where there are none.
pub(crate) static SAMPLED: Pages = Pages::empty();

pub(crate) fn reserve() -> bool {
    BLOCKS.reserve()
}

/// Address space for the map.
fn region(bytes: usize) -> Option<NonNull<u8>> {
    let start = NonNull::new(mapped_array::region(bytes))?;
    if bytes == BlockMap::LEAF_BYTES
        && let Some(place) = LEAVES.get(LEAF_COUNT.fetch_add(1, Relaxed))
    {
        place.store(start.as_ptr(), Release);
    }
    Some(start)
}

/// Notes where the block came from. False where there is no room to note it.
#[inline(always)]
pub(crate) fn put<const SAMPLED: bool>(block: usize, site: u32) -> bool {
    let is_known = BLOCKS.put(block, site);
    if SAMPLED && is_known {
        self::SAMPLED.add(block);
    }
    is_known
}

/// Where the block came from; zero where that is not known.
pub(crate) fn get(block: usize) -> u32 {
    known::<false>(block).map_or(0, |(_, site)| site)
}

/// Whether that is known.
#[inline(always)]
pub(crate) fn is_known<const SAMPLED: bool>(block: usize) -> bool {
    known::<SAMPLED>(block).is_some()
}

/// The word of a block of which it is known where it came from, and what it holds.
#[inline(always)]
fn known<const SAMPLED: bool>(block: usize) -> Option<(&'static AtomicU32, u32)> {
    // PERF: in a sample most words were never written, and reading them misses the cache. The counter of
    // a page of 2 KiB answers for most frees: 9 instructions (docs/costs.md).
    if SAMPLED && !self::SAMPLED.may_hold(block) {
        return None;
    }
    let word = BLOCKS.find(block)?;
    let site = word.load(Relaxed);
    (site != 0).then_some((word, site))
}

/// Where the block came from, which is forgotten; zero where that is not known.
#[inline(always)]
pub(crate) fn take<const SAMPLED: bool>(block: usize) -> u32 {
    let Some((word, site)) = known::<SAMPLED>(block) else { return 0 };
    word.store(0, Relaxed);
    if SAMPLED {
        self::SAMPLED.remove(block);
    }
    site
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
    for leaf in LEAVES.iter().take(LEAF_COUNT.load(Relaxed)) {
        let leaf = leaf.load(Acquire);
        if !leaf.is_null() {
            // SAFETY: a leaf holds atomics, whose zero says that no block is known.
            unsafe { system::wipe(leaf, BlockMap::LEAF_BYTES) };
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn each_granule_has_a_word_of_its_own() {
        assert!(reserve());
        let block = 0x5555_0000_0000;
        assert_eq!((get(block), take::<false>(block)), (0, 0));
        for (granule, site) in (1..1000).enumerate() {
            assert!(put::<false>(block + granule * 16, site));
        }
        assert_eq!(get(block + 15), 1, "the rest of a granule is the granule");
        let taken = [(); 2].map(|()| take::<false>(block + 16));
        assert_eq!(taken, [2, 0]);
        let last = (1 << 48) - 16;
        assert!(put::<false>(last, 7) && !put::<false>(1 << 48, 7), "programs have 48 bits");
        assert_eq!(take::<false>(last), 7);
    }

    #[test]
    fn the_heap_of_arm_has_words() {
        assert!(reserve());
        let block = 0xaaaa_d5e0_12a0;
        assert!(put::<false>(block, 5));
        assert_eq!([0x2aaa_d5e0_12a0, block].map(take::<false>), [0, 5]);
    }

    #[test]
    fn a_block_of_a_sample_is_found_once_and_its_page_is_free_again() {
        assert!(reserve());
        let block = 0x5666_0000_0000;
        assert!(put::<true>(block, 3) && put::<true>(block + 4080, 4));
        assert_eq!([0, 16, 4080, 0].map(|byte| take::<true>(block + byte)), [3, 0, 4, 0]);
        assert!(!SAMPLED.may_hold(block));
    }
}
