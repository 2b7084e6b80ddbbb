//! One thread's counts of memory, and the state of its current line.
//!
//! The allocator counts live bytes, blocks and bytes requested. A line event adds the difference since the
//! last one to the row that was current.
//!
//! ```text
//!                   alloc, free                     line event
//!   allocations += 1                         row.increment   += live − recorded_live
//!   allocated   += size                      row.allocations += allocations − recorded_allocations
//!   live ± size, peak = max(peak, live)      row.allocated   += allocated − recorded_allocated
//!   pending = CHANGED                        row.peak = max(row.peak, peak − line_start)
//!                                            recorded_… = line_start = peak = live…; pending = usage
//! ```
//!
//! So each block is on the row that its bytes are on, also where a signal handler allocates between any two
//! instructions of an event.

use core::mem::offset_of;
use core::ptr::{self, NonNull};

use mem_profile_format::layout;

use super::directory::RowLookup;
use super::kind::Kind;
use super::pending::{PLAIN, Pending, RSS, SPECIAL};
use super::published::CENTER;
use super::row::{Chunk, Row};
use super::stack::Stack;
use super::watcher::Watcher;
use crate::record::function::table::Table;
use crate::record::sync::word::{Pointer, Word};

/// `live` starts at [`CENTER`] and stays within `0..WINDOW`, so that one sign test on the way down and
/// the peak test on the way up, both of which are made anyway, also find the moment to publish.
pub(in crate::record) const WINDOW: i64 = 2 * CENTER;

/// Far enough below zero that every allocation and every free takes the slow path.
pub(in crate::record) const ALWAYS_SLOW: i64 = i64::MIN / 2;

/// [`Ledger::next_sample_at`] where nobody watches, and where each block is watched.
pub(in crate::record) const NEVER: i64 = i64::MAX;
pub(crate) const ALWAYS: i64 = i64::MIN;

/// One thread's ledger of one kind. All words have one writer: the thread. ARCHITECTURE.md lists them, with
/// what holds for each.
///
/// A cache line for the allocator, one for frames, and one for line events.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Ledger {
    pub(super) live: Word,
    /// Highest `live` since the thread last recorded.
    pub(super) peak: Word,
    /// The row that is current.
    pub(super) row: Pointer<Row>,
    pub(super) allocated: Word,
    pub(super) allocations: Word,
    /// A [`Pending`].
    pub(super) pending: Word,
    /// The watcher is called for a block with which `allocated` comes to this. Without the feature `watch`
    /// nobody watches, and a free that leaves less than this takes the slow path ([`crate::record::alloc::noting`]).
    ///
    /// With `rss`, where no allocator counts: the nanoseconds before which rows that are known need not be read
    /// again. Not above zero where all take the slow path: [`layout::ledger::ALWAYS_READ`] as long as none was left
    /// unread, and a negative number of readings that are to be made up for.
    pub(super) next_sample_at: Word,
    pub(super) watcher: Pointer<Watcher>,
    /// The saved frames of all that are running.
    pub(super) stack: Stack,
    /// Leads to the rows of the thread's functions, where its frames use this ledger; else nowhere.
    pub(super) rows: RowLookup,
    /// The stack of the thread, from its lowest address on. Nothing is known of it where the length is 0; it is
    /// another one where the thread is [`Busy`](super::busy::Busy). With `rss`, `stack_start` is the time of the
    /// last reading.
    pub(super) stack_start: Word,
    pub(super) stack_length: Word,
    /// `live` when the thread last recorded.
    pub(super) recorded_live: Word,
    /// `live` when the current line started; while callers are not up to date, when the line of the
    /// outermost of them did.
    pub(super) line_start: Word,
    /// Highest `live` since the innermost frame that is up to date was entered.
    pub(super) frame_peak: Word,
    /// The bytes that were subtracted from `live` to keep it in the window.
    pub(super) base: Word,
    /// `allocated` and `allocations` when the thread last recorded.
    pub(super) recorded_allocated: Word,
    pub(super) recorded_allocations: Word,
    /// The kind and, of a [`Kind::Heap`], the bits that [`Self::pending`] keeps: a mode of [`super::pending`].
    /// Odd where line events have more to do than to record.
    pub(super) mode: Word,
    /// The record of the thread that this belongs to. Its type is above this one.
    thread: Pointer<()>,
}

// The numbers by which recordings are read.
const _: () = {
    assert!(offset_of!(Ledger, live) == layout::ledger::LIVE);
    assert!(offset_of!(Ledger, peak) == layout::ledger::PEAK);
    assert!(offset_of!(Ledger, row) == layout::ledger::ROW);
    assert!(offset_of!(Ledger, allocated) == layout::ledger::ALLOCATED);
    assert!(offset_of!(Ledger, allocations) == layout::ledger::ALLOCATIONS);
    assert!(offset_of!(Ledger, next_sample_at) == layout::ledger::UNREAD);
    assert!(offset_of!(Ledger, stack) + offset_of!(Stack, top) == layout::ledger::TOP);
    assert!(offset_of!(Ledger, stack) + offset_of!(Stack, complete) == layout::ledger::COMPLETE);
    assert!(offset_of!(Ledger, stack) + offset_of!(Stack, begin) == layout::ledger::BEGIN);
    assert!(offset_of!(Ledger, recorded_live) == layout::ledger::RECORDED);
    assert!(offset_of!(Ledger, frame_peak) == layout::ledger::FRAME_PEAK);
    assert!(offset_of!(Ledger, base) == layout::ledger::BASE);
    assert!(offset_of!(Ledger, recorded_allocated) == layout::ledger::RECORDED_ALLOCATED);
    assert!(offset_of!(Ledger, recorded_allocations) == layout::ledger::RECORDED_ALLOCATIONS);
};

/// The allocator's counts, as they stand in a ledger.
#[derive(Clone, Copy, Debug)]
pub(in crate::record) struct Counts {
    live: i64,
    allocated: i64,
    allocations: i64,
}

impl Ledger {
    pub(crate) const fn special(row: &'static Row) -> Self {
        let ledger = Self::new(Kind::Special, ALWAYS_SLOW, row);
        // Below any number of live bytes, also while another thread has just freed some.
        Self { peak: Word::new(i64::MIN), ..ledger }
    }

    const fn new(kind: Kind, live: i64, row: &'static Row) -> Self {
        Self {
            live: Word::new(live),
            peak: Word::new(live),
            row: Pointer::new(ptr::from_ref(row).cast_mut()),
            allocated: Word::new(0),
            allocations: Word::new(0),
            pending: Word::new(Pending::CHANGED.0),
            next_sample_at: Word::new(match kind {
                Kind::Heap | Kind::Special => NEVER,
                Kind::Rss => layout::ledger::ALWAYS_READ,
            }),
            watcher: Pointer::new(ptr::null_mut()),
            stack: Stack::new(),
            rows: RowLookup::empty(),
            stack_start: Word::new(0),
            stack_length: Word::new(0),
            recorded_live: Word::new(live),
            line_start: Word::new(live),
            frame_peak: Word::new(live),
            base: Word::new(0),
            recorded_allocated: Word::new(0),
            recorded_allocations: Word::new(0),
            mode: Word::new(match kind {
                Kind::Heap => PLAIN,
                Kind::Rss => RSS,
                Kind::Special => SPECIAL,
            }),
            thread: Pointer::new(ptr::null_mut()),
        }
    }

    /// The ledger of a new thread.
    pub(crate) const fn of_thread(kind: Kind, idle: &'static Row) -> Self {
        let live = if matches!(kind, Kind::Heap) { CENTER } else { 0 };
        Self::new(kind, live, idle)
    }

    /// Goes on from `old`, which belongs to the same thread. Returns the counts of `old`.
    pub(in crate::record) fn take_over(&self, old: &Self) -> Counts {
        let Self { live, peak, allocated, allocations, line_start, frame_peak, .. } = self;
        let counts = old.counts();
        live.set(counts.live);
        allocated.set(counts.allocated);
        allocations.set(counts.allocations);
        for (word, old) in [
            (&self.recorded_live, &old.recorded_live),
            (&self.base, &old.base),
            (&self.recorded_allocated, &old.recorded_allocated),
            (&self.recorded_allocations, &old.recorded_allocations),
        ] {
            word.set(old.get());
        }
        for (word, old) in [
            (peak, &old.peak),
            (line_start, &old.line_start),
            (frame_peak, &old.frame_peak),
            (&self.pending, &old.pending),
        ] {
            word.set(old.get());
        }
        counts
    }

    fn counts(&self) -> Counts {
        Counts {
            live: self.live.get(),
            allocated: self.allocated.get(),
            allocations: self.allocations.get(),
        }
    }

    /// Adds what a signal handler has counted on `old` since it was taken over with these counts.
    pub(in crate::record) fn add_missed(&self, old: &Self, taken: &Counts) {
        let now = old.counts();
        add_at_once!(self, Self, live, now.live - taken.live);
        add_at_once!(self, Self, allocated, now.allocated - taken.allocated);
        add_at_once!(self, Self, allocations, now.allocations - taken.allocations);
    }

    #[inline(always)]
    pub(in crate::record) fn kind(&self) -> Kind {
        match self.mode.get() {
            SPECIAL => Kind::Special,
            RSS => Kind::Rss,
            _ => Kind::Heap,
        }
    }

    /// Whether it is the allocator's, and no frame is guarded.
    #[inline(always)]
    pub(in crate::record) fn is_usual(&self) -> bool {
        self.mode.get() & 1 == 0
    }

    pub(in crate::record) fn belongs_to(&self, thread: NonNull<()>) {
        self.thread.publish(thread.as_ptr());
    }

    /// The pointer given to [`Self::belongs_to`]; null for a special ledger.
    #[inline(always)]
    pub(in crate::record) fn owner(&self) -> *mut () {
        self.thread.acquire()
    }

    #[inline(always)]
    pub(crate) fn row(&self) -> &'static Row {
        // SAFETY: rows live in chunks, in threads or in statics, none of which are freed; never null.
        unsafe { NonNull::new_unchecked(self.row.get()).as_ref() }
    }

    #[inline(always)]
    pub(crate) fn set_row(&self, row: &'static Row) {
        self.row.set(ptr::from_ref(row).cast_mut());
    }

    /// The chunk of the frame that is running; `None` outside annotated functions.
    pub(crate) fn chunk(&self) -> Option<Chunk> {
        self.stack.chunk()
    }

    /// The path that leads to the line that runs, as far as that is known; else 0, and always outside of all
    /// frames. As a row has it.
    #[inline(always)]
    pub(in crate::record) fn caller_key(&self) -> i64 {
        self.stack.caller_key()
    }

    /// The same, found where it is not known: `line` gives a path's next one, for a row of a chunk. The ledger is
    /// busy.
    pub(in crate::record) fn find_path(
        &self,
        line: impl Fn(u32, Chunk, &'static Row) -> u32,
    ) -> u32 {
        self.stack.find_path(line)
    }

    /// How many frames are running.
    pub(crate) fn depth(&self) -> usize {
        self.stack.depth()
    }

    /// The stack address at which the innermost frame began, if it is guarded.
    pub(crate) fn guarded(&self) -> Option<usize> {
        self.stack.guarded()
    }

    /// The chunks of the guarded frames, the innermost first. Any thread may look.
    pub(crate) fn guarded_chunks(&self) -> impl Iterator<Item = Chunk> {
        self.stack.guarded_chunks()
    }

    /// The rows of the function, if they are where they are looked for first.
    #[inline(always)]
    pub(crate) fn find(&self, table: &'static Table) -> Option<Chunk> {
        self.rows.find(table)
    }
}

/// The watcher.
impl Ledger {
    #[inline(always)]
    pub(crate) fn watcher(&self) -> Option<&'static Watcher> {
        #[cfg(feature = "watch")]
        // SAFETY: only `set_watcher` stores here, null or a static.
        return unsafe { self.watcher.acquire().as_ref() };
        #[cfg(not(feature = "watch"))]
        None
    }

    /// Whether the watcher is to be called for the block that was counted last.
    #[inline(always)]
    pub(crate) fn sample_is_due(&self) -> bool {
        #[cfg(feature = "watch")]
        return self.allocated.get() >= self.next_sample_at.get();
        #[cfg(not(feature = "watch"))]
        false
    }

    /// Bytes and blocks allocated by this thread up to now.
    pub(super) fn allocated(&self) -> (i64, i64) {
        (self.allocated.get(), self.allocations.get())
    }

    /// Bytes allocated by this thread up to now, and with how many the watcher is called.
    pub(crate) fn allocated_and_next_sample(&self) -> (i64, i64) {
        (self.allocated.get(), self.next_sample_at.get())
    }
}
