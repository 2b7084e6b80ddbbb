//! The counters of one line, and the chunk that holds a function's lines for one thread.

use core::mem::offset_of;
use core::ops::Deref;
use core::ptr::{self, NonNull};
use core::sync::atomic::{Ordering::SeqCst, compiler_fence};

use mem_profile_format::layout;

use crate::record::memory::arena;
use crate::record::memory::counter::Counter;
use crate::record::sync::word::{Pointer, Word};

/// The counters of one source line on one thread. Bytes unless said otherwise.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Row {
    /// Executions.
    pub(crate) runs: Word,
    /// Sum of (reading after − reading before).
    pub(crate) increment: Word,
    /// Highest rise above the line's start while it ran.
    pub(crate) peak: Word,
    /// Highest reading after the line; 0 before the first.
    pub(crate) usage: Word,
    /// Blocks requested.
    pub(crate) allocations: Word,
    /// Bytes requested.
    pub(crate) allocated: Word,
    /// The path that led here when a block was counted last, in the upper half; below it [`KEY`], so that zero is none.
    /// With `rss`, where no blocks are counted: how long it takes ([`super::resident`]).
    pub(in crate::record) caller: Word,
    /// The thread's counter for that.
    pub(in crate::record) counter: Pointer<Counter>,
}

// The numbers by which recordings are read.
const _: () = {
    assert!(offset_of!(Row, runs) == layout::row::RUNS);
    assert!(offset_of!(Row, increment) == layout::row::INCREMENT);
    assert!(offset_of!(Row, peak) == layout::row::PEAK);
    assert!(offset_of!(Row, usage) == layout::row::USAGE);
    assert!(offset_of!(Row, allocations) == layout::row::ALLOCATIONS);
    assert!(offset_of!(Row, allocated) == layout::row::ALLOCATED);
    assert!(size_of::<Row>() == layout::row::SIZE);
};

/// How a saved frame ends is among these bits.
pub(super) const KEY: i64 = 3;

/// As [`Row::caller`] has a path.
pub(in crate::record) const fn key_of(site: u32) -> i64 {
    (site as i64) << 32 | KEY
}

/// The path of which it was made.
pub(in crate::record) const fn site_of(key: i64) -> u32 {
    (key as u64 >> 32) as u32
}

impl Row {
    pub(crate) const fn new() -> Self {
        Self {
            runs: Word::new(0),
            increment: Word::new(0),
            peak: Word::new(0),
            usage: Word::new(0),
            allocations: Word::new(0),
            allocated: Word::new(0),
            caller: Word::new(0),
            counter: Pointer::new(ptr::null_mut()),
        }
    }

    pub(crate) fn record(&self, change: &Totals) {
        self.increment.add(change.live);
        self.allocated.add(change.allocated);
        self.allocations.add(change.allocations);
    }

    pub(crate) fn clear(&self) {
        let Self { runs, increment, peak, usage, allocations, allocated, .. } = self;
        for word in [runs, increment, peak, usage, allocations, allocated] {
            word.set(0);
        }
    }
}

/// The latest counter of the line's blocks.
impl Row {
    /// The counter, if it is for what the path led to of which this is the key.
    #[inline(always)]
    pub(in crate::record) fn counter(&self, caller: i64) -> Option<&'static Counter> {
        if compare!(caller, "jne", self, Self, caller) {
            return None;
        }
        // SAFETY: `keep_counter` has set it before, to a counter, which is never freed.
        Some(unsafe { NonNull::new_unchecked(self.counter.get()).as_ref() })
    }

    /// The counter of the row, whatever had led to it.
    pub(in crate::record) fn latest_counter(&self) -> Option<&'static Counter> {
        // SAFETY: null or a counter, which is never freed.
        unsafe { self.counter.get().as_ref() }
    }

    /// Keeps the counter for what this path led to.
    pub(in crate::record) fn keep_counter(&self, caller: i64, counter: &'static Counter) {
        // In this order, for a signal handler that comes in between.
        self.caller.set(0);
        compiler_fence(SeqCst);
        self.counter.set(ptr::from_ref(counter).cast_mut());
        compiler_fence(SeqCst);
        self.caller.set(caller);
    }
}

/// A thread's running totals, or the difference of two of them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    /// Bytes allocated minus bytes freed (with `rss`: the reading).
    pub(crate) live: i64,
    pub(crate) allocated: i64,
    pub(crate) allocations: i64,
}

impl Totals {
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        Self {
            live: self.live.wrapping_sub(earlier.live),
            allocated: self.allocated.wrapping_sub(earlier.allocated),
            allocations: self.allocations.wrapping_sub(earlier.allocations),
        }
    }
}

/// No frame of this function is running on this thread. No row is there: it is the header.
pub(crate) const IDLE: i64 = 0;

/// One was running when the thread was last up to date. No row is there either.
pub(crate) const RUNNING: i64 = 1;

/// The header of a [`Chunk`].
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Header {
    block: Word,
    /// The id of the function's table.
    pub(crate) table: Word,
    /// The most that a call held above what the thread held at its entry, and what it called with it.
    pub(crate) peak: Word,
    /// How many [`Row`]s follow, in the lower half; in the upper one the number of the thread's record.
    rows_and_thread: Word,
    /// Where the row is at which the innermost frame of this function was left to run another
    /// frame, in bytes from the header, [`IDLE`] or [`RUNNING`]; as of when the thread was last
    /// up to date. Later changes are on its stack.
    pub(crate) suspended: Word,
    /// The thread's totals when this function was last up to date.
    pub(in crate::record) last_live: Word,
    pub(in crate::record) last_allocated: Word,
    pub(in crate::record) last_allocations: Word,
}

// The numbers by which recordings are read.
const _: () = {
    assert!(offset_of!(Header, table) == layout::chunk::TABLE);
    assert!(offset_of!(Header, peak) == layout::chunk::PEAK);
    assert!(offset_of!(Header, rows_and_thread) == layout::chunk::ROWS_AND_THREAD);
    assert!(offset_of!(Header, suspended) == layout::chunk::SUSPENDED);
    assert!(offset_of!(Header, last_live) == layout::chunk::LAST_LIVE);
    assert!(offset_of!(Header, last_allocated) == layout::chunk::LAST_ALLOCATED);
    assert!(offset_of!(Header, last_allocations) == layout::chunk::LAST_ALLOCATIONS);
    assert!(size_of::<Header>() == layout::chunk::SIZE);
};

/// One function's rows on one thread: a header and the [`Row`]s, contiguous plain words without
/// a pointer in them, so that the same bytes mean the same in a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct Chunk(NonNull<Header>);

/// A header and one row.
const SKIPPED_WORDS: usize = (size_of::<Header>() + size_of::<Row>()) / size_of::<Word>();

#[repr(C, align(64))]
struct Skipped([Word; SKIPPED_WORDS]);

static SKIPPED: Skipped = Skipped([const { Word::new(0) }; SKIPPED_WORDS]);

// SAFETY: a chunk is never freed and holds nothing but `Word`s, which are atomics.
unsafe impl Send for Chunk {}
// SAFETY: as above.
unsafe impl Sync for Chunk {}

impl Deref for Chunk {
    type Target = Header;

    #[inline(always)]
    fn deref(&self) -> &Header {
        // SAFETY: only `reserve` makes chunks: aligned, never freed, and zeroes are valid words.
        unsafe { self.0.as_ref() }
    }
}

impl Chunk {
    /// The rows of all functions that are not measured: nothing is counted there, so that each call
    /// seems to be the first.
    ///
    /// PERF: found like other rows, so a call does not ask again: 159 → 63 instructions a call of a function
    /// that the filter leaves out (callgrind).
    pub(crate) fn skipped() -> Self {
        Self(NonNull::from(&SKIPPED).cast())
    }

    pub(crate) fn is_skipped(self) -> bool {
        self == Self::skipped()
    }

    /// A new chunk, or `None` when memory is out. This is the one place that hands them out;
    /// they are never given back, because a reader may be looking.
    pub(crate) fn reserve(table: i64, thread: i64, rows: usize) -> Option<Self> {
        let size = rows.checked_mul(size_of::<Row>())?.checked_add(size_of::<Header>())?;
        let chunk = Self(arena::reserve(size)?.cast());
        chunk.table.set(table);
        chunk.rows_and_thread.set(rows as i64 | thread << 32);
        arena::finish(&chunk.block, layout::CHUNK);
        Some(chunk)
    }

    /// # Safety
    /// `header` came from [`Chunk::as_ptr`].
    pub(crate) unsafe fn from_ptr(header: *mut Header) -> Option<Self> {
        NonNull::new(header).map(Self)
    }

    /// # Safety
    /// `header` came from [`Chunk::as_ptr`] and is not null.
    #[inline(always)]
    pub(crate) unsafe fn from_non_null(header: *const ()) -> Self {
        // SAFETY: as the caller promises.
        Self(unsafe { NonNull::new_unchecked(header.cast_mut().cast()) })
    }

    pub(crate) const fn as_ptr(self) -> *mut Header {
        self.0.as_ptr()
    }

    /// Where row `index` is, in bytes from the header.
    #[inline(always)]
    pub(crate) const fn offset(index: usize) -> usize {
        size_of::<Header>() + index * size_of::<Row>()
    }

    /// # Safety
    /// `index` is below the number of rows.
    #[inline(always)]
    pub(crate) unsafe fn row(self, index: usize) -> &'static Row {
        // SAFETY: as the caller promises.
        unsafe { self.row_from(Self::offset(index)) }
    }

    /// # Safety
    /// `offset` is the offset of a row of this chunk.
    #[inline(always)]
    pub(crate) unsafe fn row_from(self, offset: usize) -> &'static Row {
        // SAFETY: the header is followed by `rows` initialised rows, aligned because the header's
        // size is a multiple of its alignment; the caller keeps within them; never freed.
        unsafe { self.0.byte_add(offset).cast().as_ref() }
    }

    /// Row `index`, or the last one: emitted code stays within, and a damaged index does no harm.
    pub(crate) fn row_clamped(self, index: usize) -> &'static Row {
        let last = self.rows().saturating_sub(1);
        // SAFETY: clamped; a table has at least one row.
        unsafe { self.row(index.min(last)) }
    }

    /// How many rows there are.
    #[inline(always)]
    pub(crate) fn rows(self) -> usize {
        self.rows_and_thread.get() as u32 as usize
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = &'static Row> {
        (0..self.rows()).map(move |index| self.row_clamped(index))
    }

    /// Where a row of this chunk is, in bytes from the header.
    #[inline(always)]
    pub(crate) fn offset_of(self, row: &Row) -> i64 {
        (ptr::from_ref(row) as usize).wrapping_sub(self.0.as_ptr() as usize) as i64
    }

    /// The row at `offset`; `None` for [`IDLE`] and [`RUNNING`].
    pub(crate) fn row_at(self, offset: i64) -> Option<&'static Row> {
        if matches!(offset, IDLE | RUNNING) {
            return None;
        }
        // SAFETY: apart from these only `offset_of` makes offsets, of rows of this chunk.
        Some(unsafe { self.row_from(offset as usize) })
    }

    /// The number of the row at this address; `None` where it is none of this chunk.
    pub(crate) fn find_row(self, row: *const Row) -> Option<usize> {
        let offset = row.addr().checked_sub(self.0.addr().get() + size_of::<Header>())?;
        let index = offset / size_of::<Row>();
        (index < self.rows()).then_some(index)
    }

    /// The number of a row of this chunk.
    pub(crate) fn index_of(self, row: &Row) -> usize {
        (self.offset_of(row) as usize).saturating_sub(size_of::<Header>()) / size_of::<Row>()
    }

    pub(crate) fn last(self) -> Totals {
        Totals {
            live: self.last_live.get(),
            allocated: self.last_allocated.get(),
            allocations: self.last_allocations.get(),
        }
    }

    pub(crate) fn set_last(self, totals: &Totals) {
        self.last_live.set(totals.live);
        self.last_allocated.set(totals.allocated);
        self.last_allocations.set(totals.allocations);
    }
}
