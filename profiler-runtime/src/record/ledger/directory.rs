//! Where a thread has the rows of a function: a hash table by the address of the function's table.
//!
//! Not in the table, for two reasons: there is one for every function, and the compiler has least to do
//! with what never changes; and so no thread looks into what others write.
//!
//! PERF: a call looks at one slot, by two words in its ledger: 102 → 73 instructions a call and its end
//! (cost bench). With the rows in the function's table, a thread that was not the first to call it took 91
//! instructions where it took 80 so.

use core::alloc::Layout;
use core::ptr;
use core::sync::atomic::{
    AtomicPtr, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
    compiler_fence,
};

use super::row::{Chunk, Header};
use crate::process;
use crate::record::function::table::Table;
use crate::record::sync::word::{Pointer, Word};

/// A function that has rows on the thread.
#[derive(Debug)]
#[repr(C)]
pub(in crate::record) struct Slot {
    /// Null where nothing is here yet. Written last.
    table: AtomicPtr<Table>,
    chunk: AtomicPtr<Header>,
}

/// The functions that a thread has called. Double hashing; at most a quarter of the slots is in use, and
/// a sixteenth where a function would not be where it is looked for first, as nearly all are.
#[derive(Debug)]
pub(in crate::record) struct Directory {
    slots: *const Slot,
    /// Which bits of an offset into the slots, in bytes, count.
    mask: usize,
    used: AtomicUsize,
    /// The one in whose place this is. Somebody may be looking there still, and who looks for leaks in the
    /// program is to find none.
    _older: Option<&'static Directory>,
}

// SAFETY: the slots are atomics, and never freed; what leads to them is never written.
unsafe impl Sync for Directory {}

/// Of a thread that has called nothing yet.
static EMPTY: Directory =
    Directory { slots: ptr::from_ref(&NOTHING), mask: 0, used: AtomicUsize::new(0), _older: None };

static NOTHING: Slot =
    Slot { table: AtomicPtr::new(ptr::null_mut()), chunk: AtomicPtr::new(ptr::null_mut()) };

/// So many slots has the first one that is not empty.
const SMALLEST: usize = 64;

/// Where a table is looked for first, in bytes from the first slot: tables that lie side by side have
/// slots side by side.
#[inline(always)]
fn home(table: &'static Table) -> usize {
    const { assert!(size_of::<Table>() == 2 * size_of::<Slot>(), "so its address is halved") };
    ptr::from_ref(table).addr() / 2
}

/// The bytes from one slot to the next when a table is looked up. Not so small
/// that it would stay among tables that lie side by side, and those elsewhere have another one.
fn step(table: &'static Table) -> usize {
    let number = ptr::from_ref(table).addr() / size_of::<Table>();
    // An odd number of slots leads to all. Knuth, "The Art of Computer Programming", 3, 6.4: a
    // multiplication by a fraction near the golden ratio spreads what is near by.
    let mixed = (number as u32).wrapping_mul(0x9e37_79b9) >> 16;
    (mixed as usize | 1) * size_of::<Slot>()
}

impl Directory {
    pub(in crate::record) const fn empty() -> &'static Self {
        &EMPTY
    }

    /// One with twice as many slots, a power of two, of which none is in use; `None` when memory is out.
    fn reserve_larger(&'static self) -> Option<&'static Self> {
        let count = (self.count() * 2).max(SMALLEST);
        let (layout, offset) =
            Layout::new::<Self>().extend(Layout::array::<Slot>(count).ok()?).ok()?;
        let place = process::allocate_lasting(layout)?;
        // SAFETY: that is where the layout has the slots, of which zeroes are valid.
        let slots = unsafe { place.byte_add(offset) }.cast::<Slot>().as_ptr().cast_const();
        let mask = (count - 1) * size_of::<Slot>();
        let place = place.cast::<Self>();
        // SAFETY: the memory is exclusively ours, and never freed.
        unsafe {
            place.write(Self { slots, mask, used: AtomicUsize::new(0), _older: Some(self) });
            Some(place.as_ref())
        }
    }

    fn count(&self) -> usize {
        self.mask / size_of::<Slot>() + 1
    }

    /// The slot at an offset in bytes, of which the mask decides.
    fn slot(&self, offset: usize) -> &'static Slot {
        // SAFETY: the mask keeps it within the slots, which are never freed.
        unsafe { &*self.slots.byte_add(offset & self.mask) }
    }

    /// All slots, in the order in which the table is looked for.
    fn slots_from(&self, table: &'static Table) -> impl Iterator<Item = &'static Slot> {
        let (home, step) = (home(table), step(table));
        (0..self.count()).map(move |index| self.slot(home.wrapping_add(index.wrapping_mul(step))))
    }

    fn slot_of(&self, table: &'static Table) -> Option<&'static Slot> {
        let mut used = self.slots_from(table).map_while(|slot| Some((slot, slot.table()?)));
        used.find(|(_, found)| ptr::eq(*found, table)).map(|(slot, _)| slot)
    }

    /// The rows of the function, if it has any.
    pub(in crate::record) fn find(&self, table: &'static Table) -> Option<Chunk> {
        // SAFETY: it has a table.
        self.slot_of(table).map(|slot| unsafe { slot.chunk() })
    }

    /// Adds rows that are not there, and gives the directory that has them: another one, where this
    /// was too full. `None` when memory is out.
    pub(in crate::record) fn add(
        &'static self,
        table: &'static Table,
        chunk: Chunk,
    ) -> Option<&'static Self> {
        let used = self.used.load(Relaxed) + 1;
        let most = if self.slot(home(table)).table().is_none() { 4 } else { 16 };
        if used * most <= self.count() {
            self.used.store(used, Relaxed);
            self.put(table, chunk);
            return Some(self);
        }
        let larger = self.reserve_larger()?;
        for slot in self.slots() {
            if let Some(table) = slot.table() {
                // SAFETY: it has a table.
                larger.put(table, unsafe { slot.chunk() });
            }
        }
        larger.put(table, chunk);
        larger.used.store(used, Relaxed);
        Some(larger)
    }

    fn put(&self, table: &'static Table, chunk: Chunk) {
        if let Some(slot) = self.slots_from(table).find(|slot| slot.table().is_none()) {
            slot.chunk.store(chunk.as_ptr(), Relaxed);
            slot.table.store(ptr::from_ref(table).cast_mut(), Release);
        }
    }

    fn slots(&self) -> impl Iterator<Item = &'static Slot> {
        (0..self.count()).map(|index| self.slot(index * size_of::<Slot>()))
    }

    /// The rows of all functions. Any thread may look.
    pub(in crate::record) fn chunks(&self) -> impl Iterator<Item = Chunk> {
        let used = self.slots().filter(|slot| slot.table().is_some());
        // SAFETY: it has a table.
        used.map(|slot| unsafe { slot.chunk() })
    }
}

impl Slot {
    /// The function whose rows are here.
    fn table(&self) -> Option<&'static Table> {
        // SAFETY: null or a table, which is a static.
        unsafe { self.table.load(Acquire).as_ref() }
    }

    /// # Safety
    /// It was seen to have a table.
    #[inline(always)]
    unsafe fn chunk(&self) -> Chunk {
        // SAFETY: `put` stores the address of a chunk, before the table.
        unsafe { Chunk::from_non_null(self.chunk.load(Relaxed).cast_const().cast()) }
    }
}

/// The part of a directory that a call needs, in the thread's ledger.
#[derive(Debug)]
#[repr(C)]
pub(in crate::record) struct RowLookup {
    slots: Pointer<Slot>,
    mask: Word,
}

impl RowLookup {
    pub(in crate::record) const fn empty() -> Self {
        Self { slots: Pointer::new(EMPTY.slots.cast_mut()), mask: Word::new(EMPTY.mask as i64) }
    }

    /// Leads to a directory that is no smaller than the one before.
    pub(in crate::record) fn point_to(&self, directory: &'static Directory) {
        self.slots.set(directory.slots.cast_mut());
        // In this order, for a signal handler that looks in between: the mask of a smaller directory
        // keeps it within a larger one, where it finds nothing and goes the long way.
        compiler_fence(Release);
        self.mask.set(directory.mask as i64);
    }

    /// Where the function is looked for first.
    #[inline(always)]
    fn slot(&self, table: &'static Table) -> &'static Slot {
        let offset = home(table) & self.mask.get() as usize;
        // SAFETY: the slots of a directory, which are never freed; its mask keeps the offset within.
        unsafe { &*self.slots.get().byte_add(offset) }
    }

    /// The rows of the function, if they are where they are looked for first.
    #[inline(always)]
    pub(in crate::record) fn find(&self, table: &'static Table) -> Option<Chunk> {
        let slot = self.slot(table);
        // The thread has put it there itself.
        let is_there = ptr::eq(slot.table.load(Relaxed), table);
        // SAFETY: it has a table.
        is_there.then(|| unsafe { slot.chunk() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::iter;

    static TABLES: [Table; 200] = [const { Table(|| "unused", "1 1 0 0 a.rs\n", || {}) }; 200];

    const OUT: &str = "memory is out";

    /// So that none of the tests leaks.
    static KEPT: [AtomicPtr<Directory>; 4] = [const { AtomicPtr::new(ptr::null_mut()) }; 4];

    fn keep(directory: &'static Directory) {
        let mut free = KEPT.iter().filter(|kept| kept.load(Relaxed).is_null());
        let new = ptr::from_ref(directory).cast_mut();
        let null = ptr::null_mut();
        assert!(free.any(|kept| kept.compare_exchange(null, new, Relaxed, Relaxed).is_ok()));
    }

    #[test]
    fn all_that_was_added_is_found_and_nothing_else() -> Result<(), &'static str> {
        let mut directory = Directory::empty();
        let lookup = RowLookup::empty();
        let mut chunks = [None; TABLES.len() - 1];
        for (number, (table, known)) in TABLES.iter().zip(&mut chunks).enumerate() {
            assert_eq!((lookup.find(table), directory.find(table)), (None, None));
            let chunk = Chunk::reserve(number as i64, 0, 1).ok_or(OUT)?;
            directory = directory.add(table, chunk).ok_or(OUT)?;
            lookup.point_to(directory);
            *known = Some(chunk);
        }
        assert!(directory.count() >= 4 * chunks.len());
        for (table, chunk) in TABLES.iter().zip(chunks) {
            // They lie side by side, and no two have one home.
            assert_eq!((lookup.find(table), directory.find(table)), (chunk, chunk));
        }
        let stranger = &TABLES[chunks.len()];
        assert_eq!((lookup.find(stranger), directory.find(stranger)), (None, None));
        assert_eq!(directory.chunks().count(), chunks.len());
        let numbers: i64 = directory.chunks().map(|chunk| chunk.table.get()).sum();
        assert_eq!(numbers, (0..chunks.len() as i64).sum::<i64>());
        keep(directory);
        Ok(())
    }

    #[test]
    fn a_directory_that_was_replaced_is_no_leak() -> Result<(), &'static str> {
        let chunk = Chunk::reserve(0, 0, 1).ok_or(OUT)?;
        let mut directory = Directory::empty();
        for table in &TABLES {
            directory = directory.add(table, chunk).ok_or(OUT)?;
        }
        keep(directory);
        let sizes = iter::successors(Some(directory), |newer| newer._older).map(Directory::count);
        assert_eq!(sizes.fold(0, |sizes, size| sizes | size), 1 | 64 | 128 | 256 | 512 | 1024);
        Ok(())
    }

    #[test]
    fn what_shares_a_home_is_found_all_the_same() -> Result<(), &'static str> {
        // So far apart that the smallest directory has one home for both.
        let (one, other) = (&TABLES[0], &TABLES[SMALLEST]);
        let [first, second] = [0, 1].map(|number| Chunk::reserve(number, 0, 1));
        let directory = Directory::empty().add(one, first.ok_or(OUT)?).ok_or(OUT)?;
        let directory = directory.add(other, second.ok_or(OUT)?).ok_or(OUT)?;
        assert_eq!((directory.find(one), directory.find(other)), (first, second));
        let lookup = RowLookup::empty();
        lookup.point_to(directory);
        assert_eq!((lookup.find(one), lookup.find(other)), (first, None));
        keep(directory);
        Ok(())
    }
}
