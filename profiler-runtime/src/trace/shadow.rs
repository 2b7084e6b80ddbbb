//! Which stack each live block belongs to: one word for every granule of the address space.
//!
//! ```text
//! address = │ directory: 21 bits │ leaf: 22 bits │ byte in the granule: 4 bits │
//! ```
//!
//! No lock and no header: a word is written by whoever makes or frees the block that starts
//! there, and no two live blocks start in one granule.

use core::ptr;
use core::sync::atomic::{
    AtomicPtr, AtomicU16, AtomicU32, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use super::system;
use super::table::{self, Table, Zeroed};

const GRANULE_BITS: u32 = 4;
const LEAF_BITS: u32 = 22;
const DIRECTORY_BITS: u32 = 21;

const LEAF: usize = 1 << LEAF_BITS;
const PAGE_BITS: u32 = 12;
const PAGES: usize = LEAF >> (PAGE_BITS - GRANULE_BITS);
const LEAF_BYTES: usize = size_of::<Leaf>();

/// 64 MiB of address space.
#[repr(C)]
struct Leaf {
    sites: [AtomicU32; LEAF],
    /// Blocks of a sample in each page, so that a free looks no further where there are none.
    sampled: [AtomicU16; PAGES],
}

struct Slot(AtomicPtr<Leaf>);

// SAFETY: zero is the null pointer.
unsafe impl Zeroed for Slot {}

static DIRECTORY: Table<Slot, { 1 << DIRECTORY_BITS }> = Table::new();

/// The leaves in the order in which they were made: 256 GiB of heap.
static LEAVES: [AtomicPtr<Leaf>; 4096] = [const { AtomicPtr::new(ptr::null_mut()) }; 4096];
static LEAF_COUNT: AtomicUsize = AtomicUsize::new(0);

pub(super) fn reserve() -> bool {
    DIRECTORY.reserve()
}

#[inline(always)]
fn split(address: usize) -> (usize, usize) {
    (address >> (GRANULE_BITS + LEAF_BITS), (address >> GRANULE_BITS) & (LEAF - 1))
}

/// The leaf of `address` and which of its granules that is, if the leaf is there.
#[inline(always)]
fn find(address: usize) -> Option<(&'static Leaf, usize)> {
    let (slot, index) = split(address);
    let leaf = DIRECTORY.get(slot)?.0.load(Acquire);
    // SAFETY: null or a leaf, which is never given back.
    Some((unsafe { leaf.as_ref() }?, index))
}

#[inline(always)]
fn word(address: usize) -> Option<&'static AtomicU32> {
    let (leaf, index) = find(address)?;
    leaf.sites.get(index)
}

/// Notes where the block came from. False where there is no room to note it.
#[inline(always)]
pub(super) fn put<const SAMPLED: bool>(block: usize, site: u32) -> bool {
    let Some((leaf, index)) = find(block).or_else(|| make_leaf(block)) else { return false };
    leaf.sites[index].store(site, Relaxed);
    if SAMPLED {
        leaf.sampled[page(index)].fetch_add(1, Relaxed);
    }
    true
}

/// Where the block came from; zero where that is not known.
#[inline(always)]
pub(super) fn get(block: usize) -> u32 {
    word(block).map_or(0, |word| word.load(Relaxed))
}

/// The same, and forgets it.
#[inline(always)]
pub(super) fn take<const SAMPLED: bool>(block: usize) -> u32 {
    let Some((leaf, index)) = find(block) else { return 0 };
    if SAMPLED && leaf.sampled[page(index)].load(Relaxed) == 0 {
        return 0;
    }
    let site = leaf.sites[index].load(Relaxed);
    if site != 0 {
        leaf.sites[index].store(0, Relaxed);
        if SAMPLED {
            leaf.sampled[page(index)].fetch_sub(1, Relaxed);
        }
    }
    site
}

#[inline(always)]
fn page(index: usize) -> usize {
    index >> (PAGE_BITS - GRANULE_BITS)
}

#[cold]
#[inline(never)]
fn make_leaf(address: usize) -> Option<(&'static Leaf, usize)> {
    let slot = DIRECTORY.get(split(address).0)?;
    let leaf = system::reserve(LEAF_BYTES);
    if leaf.is_null() {
        return None;
    }
    match slot.0.compare_exchange(ptr::null_mut(), leaf.cast(), AcqRel, Acquire) {
        Ok(_) => note_leaf(leaf),
        // SAFETY: another thread came first, and nobody has seen ours.
        Err(_) => unsafe { system::release(leaf, LEAF_BYTES) },
    }
    find(address)
}

fn note_leaf(leaf: *mut u8) {
    table::note_region(leaf, LEAF_BYTES);
    if let Some(place) = LEAVES.get(LEAF_COUNT.fetch_add(1, Relaxed)) {
        place.store(leaf.cast(), Release);
    }
}

/// Forgets every block.
pub(super) fn wipe() {
    for leaf in LEAVES.iter().take(LEAF_COUNT.load(Relaxed)) {
        let leaf = leaf.load(Acquire);
        if !leaf.is_null() {
            // SAFETY: a leaf holds atomics, whose zero says that no block is known.
            unsafe { system::wipe(leaf.cast(), LEAF_BYTES) };
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
        let last = (1 << 47) - 16;
        assert!(put::<false>(last, 7) && !put::<false>(1 << 47, 7), "user space ends at 47 bits");
        assert_eq!(take::<false>(last), 7);
    }

    #[test]
    fn the_blocks_of_a_sample_are_found_while_there_are_some_in_the_page() {
        assert!(reserve());
        let block = 0x5666_0000_0000;
        assert!(
            put::<true>(block, 3) && put::<true>(block + 4080, 4) && put::<true>(block + 4096, 5)
        );
        let (leaf, index) = find(block).unwrap();
        let counts = || [0, 1].map(|next| leaf.sampled[page(index) + next].load(Relaxed));
        assert_eq!(counts(), [2, 1]);
        assert_eq!([0, 16, 4080, 0].map(|byte| take::<true>(block + byte)), [3, 0, 4, 0]);
        assert_eq!((counts(), take::<true>(block + 4096)), ([0, 1], 5));
    }
}
