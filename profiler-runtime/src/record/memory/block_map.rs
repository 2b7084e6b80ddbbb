//! A word for each live block: one for every granule of the address space. Lines and the tracer have a map
//! each.
//!
//! ```text
//! address = │ directory: 22 bits │ leaf: 22 bits │ byte in the granule: 4 bits │
//! word    = │ size: 13 bits │ site: 19 bits │
//! ```
//!
//! A word is written by the thread that makes or frees the block that starts there, and no two live
//! blocks start in one granule. A word whose site is zero is no block.
//!
//! **A long block** has a size of zero in its word: 13 bits of it each are in the words behind, over a site of
//! zero. The block is so long that no other one starts there. These words are written before the first one and
//! zeroed after it, so whoever finds the block finds its size, and nobody takes a part of a size for a block.
//!
//! PERF: no lock and no header. A word is found by two loads; a block of 16 bytes costs 4 bytes. Sizes take no
//! memory, in bits that sites leave free, and a free compares size and site at once: an allocation and its free with
//! the tracer are 570 ← 568 instructions, of 9,000 bytes 790 ← 720 (callgrind).

use core::iter;
#[cfg(target_pointer_width = "64")]
use core::mem::offset_of;
use core::ops::{ControlFlow, Range};
use core::ptr::{self, NonNull};
use core::sync::atomic::{
    AtomicPtr, AtomicU32, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

#[cfg(target_pointer_width = "64")]
use mem_profile_format::layout::block_map as numbers;
use mem_profile_format::layout::block_map::{
    DIRECTORY_BITS, GRANULE_BITS, LEAF_BITS, PARTS, SITE_BITS, SIZE_BITS,
};

use crate::record::sync::word::Word;

const LEAF: usize = 1 << LEAF_BITS;
/// 64-bit ARM on Linux has addresses of 48 bits for programs, and puts the heap high among them.
const DIRECTORY: usize = 1 << DIRECTORY_BITS;

const SITE_MASK: u32 = (1 << SITE_BITS) - 1;
/// A block of so many bytes is a long one.
const LONG: usize = 1 << SIZE_BITS;
/// No block of so many bytes is noted: with a site its size would not go into 64 bits.
const TOO_LONG: u64 = 1 << (u64::BITS - SITE_BITS);

/// 64 MiB of address space.
type Leaf = [AtomicU32; LEAF];

#[derive(Debug)]
#[repr(C)]
struct Tables {
    directory: [AtomicPtr<Leaf>; DIRECTORY],
    /// Where in the directory there are leaves, and one more, in the order in which these were made.
    made: [AtomicU32; DIRECTORY],
}

/// The words of all blocks.
#[derive(Debug)]
#[repr(C)]
pub struct BlockMap {
    /// The length of the directory; zero while there are no tables.
    length: Word,
    tables: AtomicPtr<Tables>,
    leaves: AtomicUsize,
    /// Gives so many zeroes that stay, and take memory where they are written.
    region: fn(usize) -> Option<NonNull<u8>>,
}

// The numbers by which the map is read from outside of the process.
#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(offset_of!(BlockMap, length) == numbers::LENGTH);
    assert!(offset_of!(BlockMap, tables) == numbers::TABLES);
    assert!(offset_of!(BlockMap, leaves) == numbers::LEAVES);
    assert!(offset_of!(Tables, directory) == 0);
    assert!(offset_of!(Tables, made) == DIRECTORY * size_of::<u64>());
};

/// A live block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Of its first granule.
    pub address: usize,
    /// In bytes.
    pub size: usize,
    /// Where it was allocated.
    pub site: u32,
}

impl Block {
    /// The first granule behind it.
    fn behind(&self) -> usize {
        (self.address >> GRANULE_BITS) + (self.size >> GRANULE_BITS).max(1)
    }
}

/// The word of a granule.
#[derive(Clone, Copy, Debug)]
pub(in crate::record) struct Entry(&'static AtomicU32);

impl Entry {
    /// The site of the block, if it is not long and has this size; zero only where there is none.
    #[inline(always)]
    pub(in crate::record) fn site(self, size: usize) -> Option<u32> {
        let rest = self.without(size);
        (rest <= SITE_MASK.into()).then_some(rest as u32)
    }

    /// The word less this size.
    #[inline(always)]
    fn without(self, size: usize) -> u64 {
        u64::from(self.0.load(Relaxed)) ^ (size as u64) << SITE_BITS
    }

    /// Here is a block, which is not long.
    #[inline(always)]
    pub(in crate::record) fn set(self, size: usize, site: u32) {
        self.0.store((size as u32) << SITE_BITS | site, Relaxed);
    }

    /// Here is none any more. It was not long.
    #[inline(always)]
    pub(in crate::record) fn clear(self) {
        self.0.store(0, Relaxed);
    }
}

impl BlockMap {
    /// Sites are below.
    pub const SITES: usize = 1 << SITE_BITS;

    /// An empty map in memory of `region`, which gives that many zeroes for good, aligned to pages.
    ///
    /// # Safety
    /// That is what it gives.
    pub const unsafe fn new(region: fn(usize) -> Option<NonNull<u8>>) -> Self {
        Self {
            tables: AtomicPtr::new(ptr::null_mut()),
            length: Word::new(0),
            leaves: AtomicUsize::new(0),
            region,
        }
    }

    /// Whether there is address space for it. Not for two threads at once.
    pub fn reserve(&self) -> bool {
        if self.length.get() == 0
            && let Some(start) = (self.region)(size_of::<Tables>())
        {
            self.tables.store(start.cast().as_ptr(), Relaxed);
            self.length.publish(DIRECTORY as i64);
        }
        self.length.get() != 0
    }

    /// Notes a block. False where there is no room for it.
    #[inline(always)]
    pub fn put(&self, block: usize, size: usize, site: u32) -> bool {
        match self.find_short(block, size) {
            Some(entry) => {
                entry.set(size, site);
                true
            }
            None => self.put_slow(block, size, site),
        }
    }

    /// Forgets a block, of which somebody says that it has this size. Returns its site; zero where it is not
    /// known.
    #[inline(always)]
    pub fn take(&self, block: usize, size: usize) -> u32 {
        self.take_short(block, size).unwrap_or_else(|| self.take_any(block))
    }

    /// The same, whatever its size.
    #[inline(never)]
    pub fn take_any(&self, block: usize) -> u32 {
        match self.words(block) {
            Some([word, behind @ ..]) => take(word, behind.iter()),
            None => self.take_anywhere(block),
        }
    }

    /// The same, if that is its size and it is not long; else nothing happens.
    #[inline(always)]
    pub fn take_short(&self, block: usize, size: usize) -> Option<u32> {
        let entry = self.find(block)?;
        let site = entry.without(size);
        // One comparison for both.
        if site.wrapping_sub(1) >= SITE_MASK.into() {
            return None;
        }
        entry.clear();
        Some(site as u32)
    }

    /// The site of a block; zero where it is not known.
    #[inline(always)]
    pub fn site(&self, block: usize) -> u32 {
        self.find(block).map_or(0, |entry| entry.0.load(Relaxed) & SITE_MASK)
    }

    /// The word of `address`, if its leaf is there.
    #[inline(always)]
    pub(in crate::record) fn find(&self, address: usize) -> Option<Entry> {
        let granule = address >> GRANULE_BITS;
        self.leaf(granule >> LEAF_BITS)?.get(granule % LEAF).map(Entry)
    }

    /// The same for a block of this size, if that is not long.
    #[inline(always)]
    pub(in crate::record) fn find_short(&self, block: usize, size: usize) -> Option<Entry> {
        if size < LONG { self.find(block) } else { None }
    }

    /// All blocks, by their addresses. Blocks that come and go meanwhile may be left out.
    pub fn each(&self) -> impl Iterator<Item = Block> {
        let mut start = 0;
        iter::from_fn(move || {
            let mut found = None;
            let _ = self.visit(start..usize::MAX, |block| {
                found = Some(block);
                ControlFlow::Break(())
            });
            found.inspect(|block| start = block.behind() << GRANULE_BITS)
        })
    }

    /// Visits the blocks that begin in a range of addresses, in order, until the visitor breaks. Blocks that come and
    /// go meanwhile may be left out.
    pub fn visit(
        &self,
        range: Range<usize>,
        mut visitor: impl FnMut(Block) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let [mut granule, end] = [range.start, range.end].map(|it| it.div_ceil(1 << GRANULE_BITS));
        while granule < end {
            let slot = granule >> LEAF_BITS;
            let Some(leaf) = self.leaf(slot) else {
                match self.slots().filter(|&made| made > slot).min() {
                    Some(next) => granule = next << LEAF_BITS,
                    None => break,
                }
                continue;
            };
            let first = slot << LEAF_BITS;
            let words = &leaf[..LEAF.min(end - first)];
            while let Some(word) = words.get(granule - first) {
                granule = match self.block_at(word, granule) {
                    Some(block) => {
                        visitor(block)?;
                        block.behind()
                    }
                    None => granule + 1 + scan::empty_words(&words[granule + 1 - first..]),
                };
            }
        }
        ControlFlow::Continue(())
    }

    /// Forgets all blocks. `wipe` zeroes so many bytes there.
    pub fn clear(&self, wipe: impl Fn(NonNull<u8>, usize)) {
        for leaf in self.slots().filter_map(|slot| self.leaf(slot)) {
            wipe(NonNull::from(leaf).cast(), size_of::<Leaf>());
        }
    }

    fn block_at(&self, word: &AtomicU32, granule: usize) -> Option<Block> {
        let (word, address) = (word.load(Acquire), granule << GRANULE_BITS);
        if word & SITE_MASK == 0 {
            return None;
        }
        let size = match (word >> SITE_BITS) as usize {
            // It may be gone by now.
            0 => Some(self.long_size(address)).filter(|&size| size >= LONG)?,
            size => size,
        };
        Some(Block { address, size, site: word & SITE_MASK })
    }

    fn long_size(&self, block: usize) -> usize {
        let shifts = (0..u64::BITS).step_by(SIZE_BITS as usize);
        let size = iter::zip(places_behind(block), shifts).fold(0, |size, (place, shift)| {
            let word = self.find(place).map_or(0, |entry| entry.0.load(Relaxed));
            let part = if word & SITE_MASK == 0 { word >> SITE_BITS } else { 0 };
            size | u64::from(part) << shift
        });
        size as usize
    }

    /// The word of a block and those behind that have its size if it is long, where one leaf has them all.
    #[inline(always)]
    fn words(&self, block: usize) -> Option<&'static [AtomicU32; 1 + PARTS]> {
        let granule = block >> GRANULE_BITS;
        self.leaf(granule >> LEAF_BITS)?.get(granule % LEAF..)?.first_chunk()
    }

    /// PERF: but at the edge of a leaf all words are found at once: an allocation and its free of 9,000 bytes are
    /// 790 ← 965 instructions with the tracer (callgrind).
    #[inline(never)]
    fn put_slow(&self, block: usize, size: usize, site: u32) -> bool {
        if (LONG as u64..TOO_LONG).contains(&(size as u64))
            && let Some([word, behind @ ..]) = self.words(block)
        {
            iter::zip(behind, parts(size)).for_each(|(word, part)| word.store(part, Relaxed));
            word.store(site, Release);
            return true;
        }
        self.put_anywhere(block, size, site)
    }

    #[cold]
    #[inline(never)]
    fn put_anywhere(&self, block: usize, size: usize, site: u32) -> bool {
        let make = |place| self.find(place).or_else(|| self.make_leaf(place));
        let first = match size < LONG {
            true => (size as u32) << SITE_BITS | site,
            false if size as u64 >= TOO_LONG => return false,
            false => {
                for (place, part) in iter::zip(places_behind(block), parts(size)) {
                    let Some(Entry(word)) = make(place) else { return false };
                    word.store(part, Relaxed);
                }
                site
            }
        };
        make(block).map(|Entry(word)| word.store(first, Release)).is_some()
    }

    #[cold]
    #[inline(never)]
    fn take_anywhere(&self, block: usize) -> u32 {
        let Some(Entry(word)) = self.find(block) else { return 0 };
        let behind = places_behind(block).filter_map(|place| self.find(place));
        take(word, behind.map(|Entry(word)| word))
    }

    #[inline(always)]
    fn leaf(&self, slot: usize) -> Option<&'static Leaf> {
        // PERF: one comparison says that there are tables, and that the address is one of a program.
        if compare!(slot as i64, "jge", self, Self, length) {
            return None;
        }
        // SAFETY: since there is a length, there are as many zeroes, which are null pointers; never given back.
        let tables = unsafe { &*self.tables.load(Relaxed) };
        // SAFETY: that is the length. Null or a leaf, which is never given back.
        unsafe { tables.directory.get_unchecked(slot).load(Acquire).as_ref() }
    }

    /// Where there are leaves, in any order; some more than once.
    fn slots(&self) -> impl Iterator<Item = usize> {
        // SAFETY: null or zeroes, which are null pointers and numbers; never given back.
        let tables = unsafe { self.tables.load(Acquire).as_ref() };
        let made = tables.into_iter().flat_map(|tables| &tables.made);
        let made = made.take(self.leaves.load(Acquire)).map(|slot| slot.load(Acquire) as usize);
        made.filter_map(|slot| slot.checked_sub(1))
    }

    #[cold]
    #[inline(never)]
    fn make_leaf(&self, address: usize) -> Option<Entry> {
        let slot = address >> (GRANULE_BITS + LEAF_BITS);
        // SAFETY: as in `slots`.
        let tables = unsafe { self.tables.load(Acquire).as_ref() }?;
        let place = tables.directory.get(slot)?;
        let leaf = (self.region)(size_of::<Leaf>())?.cast::<Leaf>();
        // First, so that whoever finds the leaf finds it here too.
        tables.made.get(self.leaves.fetch_add(1, AcqRel))?.store(slot as u32 + 1, Release);
        // Where another thread came first, nobody has seen ours, and it takes no room.
        let _ = place.compare_exchange(ptr::null_mut(), leaf.as_ptr(), AcqRel, Acquire);
        self.find(address)
    }
}

/// The site of the block with this word, which is forgotten.
#[inline(always)]
fn take(word: &AtomicU32, behind: impl Iterator<Item = &'static AtomicU32>) -> u32 {
    let found = word.load(Relaxed);
    // PERF: nothing is written where no block was noted, since that would take a page.
    if found != 0 {
        word.store(0, Relaxed);
        if found >> SITE_BITS == 0 {
            behind.for_each(|word| word.store(0, Relaxed));
        }
    }
    found & SITE_MASK
}

/// A long block's size, as it is in the words behind.
fn parts(size: usize) -> impl Iterator<Item = u32> {
    let shifts = (0..u64::BITS).step_by(SIZE_BITS as usize);
    shifts.map(move |shift| ((size as u64 >> shift) as u32) << SITE_BITS)
}

/// Where these are.
fn places_behind(block: usize) -> impl Iterator<Item = usize> {
    (1..=PARTS).map(move |granule| block.wrapping_add(granule << GRANULE_BITS))
}

mod labels;
mod scan;
#[cfg(test)]
mod tests;
