//! A word for each live block: one for every granule of the address space. Lines and the tracer have a map
//! each.
//!
//! ```text
//! address = │ directory: 22 bits │ leaf: 22 bits │ byte in the granule: 4 bits │
//! ```
//!
//! A word is written by the thread that makes or frees the block that starts there, and no two live
//! blocks start in one granule. A word of zero is no block.
//!
//! PERF: no lock and no header. A word is found by two loads; a block of 16 bytes costs 4 bytes.

use core::ptr::{self, NonNull};
use core::sync::atomic::{
    AtomicPtr, AtomicU32,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

const GRANULE_BITS: u32 = 4;
const LEAF_BITS: u32 = 22;
/// 64-bit ARM on Linux has addresses of 48 bits for programs, and puts the heap high among them.
const DIRECTORY_BITS: u32 = 22;

const LEAF: usize = 1 << LEAF_BITS;
const DIRECTORY: usize = 1 << DIRECTORY_BITS;

/// 64 MiB of address space.
type Leaf = [AtomicU32; LEAF];
type Directory = [AtomicPtr<Leaf>; DIRECTORY];

/// The words of all blocks.
#[derive(Debug)]
pub struct BlockMap {
    directory: AtomicPtr<Directory>,
    /// Gives so many zeroes that stay, and take memory where they are written.
    region: fn(usize) -> Option<NonNull<u8>>,
}

impl BlockMap {
    /// The bytes of a leaf, for which `region` is asked when a block needs one.
    pub const LEAF_BYTES: usize = size_of::<Leaf>();

    /// An empty map in memory of `region`, which gives that many zeroes for good, aligned to pages.
    ///
    /// # Safety
    /// That is what it gives.
    pub const unsafe fn new(region: fn(usize) -> Option<NonNull<u8>>) -> Self {
        Self { directory: AtomicPtr::new(ptr::null_mut()), region }
    }

    /// Whether there is address space for it. Not for two threads at once.
    pub fn reserve(&self) -> bool {
        if self.directory.load(Relaxed).is_null()
            && let Some(start) = (self.region)(size_of::<Directory>())
        {
            self.directory.store(start.cast().as_ptr(), Release);
        }
        !self.directory.load(Relaxed).is_null()
    }

    /// Sets the word of a block. False where there is no room for it.
    #[inline(always)]
    pub fn put(&self, block: usize, word: u32) -> bool {
        let Some(place) = self.find(block).or_else(|| self.make_leaf(block)) else { return false };
        place.store(word, Relaxed);
        true
    }

    /// Takes the word of a block out; zero where it has none.
    #[inline(always)]
    pub fn take(&self, block: usize) -> u32 {
        let Some(place) = self.find(block) else { return 0 };
        let word = place.load(Relaxed);
        place.store(0, Relaxed);
        word
    }

    /// The word of `address`, if its leaf is there.
    #[inline(always)]
    pub fn find(&self, address: usize) -> Option<&'static AtomicU32> {
        let (slot, index) = split(address);
        // SAFETY: null or as many zeroes as a directory has, which are null pointers; never given back.
        let directory = unsafe { self.directory.load(Acquire).as_ref() }?;
        let leaf = directory.get(slot)?.load(Acquire);
        // SAFETY: null or a leaf, which is never given back.
        unsafe { leaf.as_ref() }?.get(index)
    }

    #[cold]
    #[inline(never)]
    fn make_leaf(&self, address: usize) -> Option<&'static AtomicU32> {
        // SAFETY: as in `find`.
        let directory = unsafe { self.directory.load(Acquire).as_ref() }?;
        let slot = directory.get(split(address).0)?;
        let leaf = (self.region)(Self::LEAF_BYTES)?.cast::<Leaf>();
        // Where another thread came first, nobody has seen ours, and it takes no room.
        let _ = slot.compare_exchange(ptr::null_mut(), leaf.as_ptr(), AcqRel, Acquire);
        self.find(address)
    }
}

#[inline(always)]
const fn split(address: usize) -> (usize, usize) {
    (address >> (GRANULE_BITS + LEAF_BITS), (address >> GRANULE_BITS) & (LEAF - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::memory::reserved;

    #[test]
    fn each_granule_has_a_word_of_its_own() {
        // SAFETY: that is what it gives.
        static MAP: BlockMap = unsafe { BlockMap::new(reserved::reserve) };
        let block = 0x5555_0000_0000;
        assert_eq!((MAP.take(block), MAP.put(block, 1)), (0, false));
        assert!(MAP.reserve() && MAP.reserve());
        for (granule, word) in (1..1000).enumerate() {
            assert!(MAP.put(block + granule * 16, word));
        }
        assert_eq!(MAP.take(block + 31), 2, "the rest of a granule is the granule");
        assert_eq!((MAP.take(block + 16), MAP.take(block + 32)), (0, 3));
        let last = (1 << 48) - 16;
        assert!(MAP.put(last, 7) && !MAP.put(1 << 48, 7), "programs have 48 bits");
        assert_eq!(MAP.take(last), 7);
        // The heap of ARM.
        let high = 0xaaaa_d5e0_12a0;
        assert!(MAP.put(high, 5));
        assert_eq!([0x2aaa_d5e0_12a0, high].map(|block| MAP.take(block)), [0, 5]);
    }
}
