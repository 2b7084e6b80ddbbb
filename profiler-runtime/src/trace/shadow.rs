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
    AtomicPtr, AtomicU32, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use super::system;
use super::table::{self, Table, Zeroed};

const GRANULE_BITS: u32 = 4;
const LEAF_BITS: u32 = 22;
const DIRECTORY_BITS: u32 = 21;

const LEAF: usize = 1 << LEAF_BITS;
const LEAF_BYTES: usize = LEAF * size_of::<AtomicU32>();

struct Slot(AtomicPtr<AtomicU32>);

// SAFETY: zero is the null pointer.
unsafe impl Zeroed for Slot {}

static DIRECTORY: Table<Slot, { 1 << DIRECTORY_BITS }> = Table::new();

/// The leaves in the order in which they were made: 256 GiB of heap.
static LEAVES: [AtomicPtr<AtomicU32>; 4096] = [const { AtomicPtr::new(ptr::null_mut()) }; 4096];
static LEAF_COUNT: AtomicUsize = AtomicUsize::new(0);

pub(super) fn reserve() -> bool {
    DIRECTORY.reserve()
}

#[inline(always)]
fn split(address: usize) -> (usize, usize) {
    (address >> (GRANULE_BITS + LEAF_BITS), (address >> GRANULE_BITS) & (LEAF - 1))
}

/// The word of the granule at `address`, if its leaf is there.
#[inline(always)]
fn word(address: usize) -> Option<&'static AtomicU32> {
    let (slot, index) = split(address);
    let leaf = DIRECTORY.get(slot)?.0.load(Acquire);
    if leaf.is_null() {
        return None;
    }
    // SAFETY: a leaf has `LEAF` words and is never given back.
    Some(unsafe { &*leaf.add(index) })
}

/// Notes where the block came from. False where there is no room to note it.
#[inline(always)]
pub(super) fn put(block: usize, site: u32) -> bool {
    match word(block).or_else(|| make_leaf(block)) {
        Some(word) => {
            word.store(site, Relaxed);
            true
        }
        None => false,
    }
}

/// Where the block came from; zero where that is not known.
#[inline(always)]
pub(super) fn get(block: usize) -> u32 {
    word(block).map_or(0, |word| word.load(Relaxed))
}

/// The same, and forgets it.
#[inline(always)]
pub(super) fn take(block: usize) -> u32 {
    let Some(word) = word(block) else { return 0 };
    let site = word.load(Relaxed);
    if site != 0 {
        word.store(0, Relaxed);
    }
    site
}

#[cold]
#[inline(never)]
fn make_leaf(address: usize) -> Option<&'static AtomicU32> {
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
    word(address)
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
        assert_eq!((get(block), take(block)), (0, 0));
        for (granule, site) in (1..1000).enumerate() {
            assert!(put(block + granule * 16, site));
        }
        assert_eq!(get(block + 15), 1, "the rest of a granule is the granule");
        assert_eq!((get(block + 16), take(block + 16), take(block + 16)), (2, 2, 0));
        let last = (1 << 47) - 16;
        assert!(put(last, 7) && !put(1 << 47, 7), "user space ends at 47 bits");
        assert_eq!((take(last), take(last)), (7, 0));
    }
}
