//! What one thread knows about memory, and the bookkeeping of lines.
//!
//! The allocator books allocation counts straight on the row that is current, and keeps the
//! number of live bytes. A line event books the difference of live bytes since the last one.
//!
//! ```text
//!                   alloc, free                     line event
//!   row.allocations += 1                     row.increment += live − booked
//!   row.allocated   += size                  row.peak  = max(row.peak, peak − line_start)
//!   live ± size, peak = max(peak, live)      booked = line_start = peak = live
//!   notable = CHANGED                        notable = usage
//! ```

use core::ptr::{self, NonNull};
use core::sync::atomic::{
    AtomicI64, AtomicPtr,
    Ordering::{Acquire, Relaxed, Release},
};

use super::arena;
use super::row::{Chunk, Header, Row};
use super::thread::{self, Thread};
use super::word::{Local, Pointer, Word};

/// `live` starts here and stays within `0..WINDOW`, so that one sign test on the way down and
/// the peak test on the way up, both of which are made anyway, also find the moment to publish.
pub(crate) const CENTER: i64 = 64 * 1024;
const WINDOW: i64 = 2 * CENTER;

/// Far enough below zero that every allocation and every free takes the slow path.
const ALWAYS_SLOW: i64 = i64::MIN / 2;

/// Memory has changed since the thread last settled. Always so with `rss`, where only the system
/// knows. Above all readings, which are compared without sign: a small number is stored faster.
pub(super) const CHANGED: i64 = -1;

/// Bytes live in the process as far as the threads have published them, less [`CENTER`]: with
/// the `live` of one thread it adds up to what that thread knows of the process.
pub(super) static PUBLISHED: AtomicI64 = AtomicI64::new(-CENTER);

/// How a ledger learns what is live. A whole word, so that a ledger has no gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i64)]
pub(crate) enum Kind {
    /// The counting allocator tells it.
    Heap = 1,
    /// It asks the system.
    Rss,
    /// Stands in where a thread has no ledger of its own.
    Special,
}

/// One thread's books for one backend. All words have one writer: the thread.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Ledger {
    pub(super) live: Word,
    /// Highest `live` since the last booking.
    pub(super) peak: Local,
    /// The row that is current.
    pub(super) row: Pointer<Row>,
    pub(super) allocated: Word,
    pub(super) allocations: Word,
    /// `live` when the current line started.
    pub(super) line_start: Local,
    /// `live` when it was last booked.
    pub(super) booked: Word,
    /// Highest `live` since the current frame was entered.
    pub(super) frame_peak: Local,
    /// A row whose highest usage is below this has something to book: what the process had in
    /// use when this thread last settled, or [`CHANGED`].
    pub(super) notable: Local,
    /// What was subtracted from `live` to keep it in the window.
    pub(super) base: Word,
    /// The chunk of the frame that is running; null outside annotated functions.
    pub(super) chunk: Pointer<Header>,
    /// The ledger that this thread's frames use; itself with `heap`.
    active: Pointer<Ledger>,
    thread: AtomicPtr<Thread>,
    pub(super) kind: Kind,
}

impl Ledger {
    pub(crate) const fn special(row: &'static Row) -> Self {
        let ledger = Self::new(Kind::Special, ALWAYS_SLOW, row);
        // Below any number of live bytes, also while another thread has just freed some.
        Self { peak: Local::new(i64::MIN), ..ledger }
    }

    const fn new(kind: Kind, live: i64, row: &'static Row) -> Self {
        Self {
            live: Word::new(live),
            peak: Local::new(live),
            row: Pointer::new(ptr::from_ref(row).cast_mut()),
            allocated: Word::new(0),
            allocations: Word::new(0),
            line_start: Local::new(live),
            booked: Word::new(live),
            frame_peak: Local::new(live),
            notable: Local::new(if matches!(kind, Kind::Rss) { CHANGED } else { 0 }),
            base: Word::new(0),
            chunk: Pointer::new(ptr::null_mut()),
            active: Pointer::new(ptr::null_mut()),
            thread: AtomicPtr::new(ptr::null_mut()),
            kind,
        }
    }

    /// The ledger of a new thread.
    pub(crate) const fn of_thread(kind: Kind, idle: &'static Row) -> Self {
        let live = if matches!(kind, Kind::Heap) { CENTER } else { 0 };
        Self::new(kind, live, idle)
    }

    /// Goes on where `old` stands, which belongs to the same thread.
    pub(super) fn take_over(&self, old: &Self) {
        let Self { live, peak, allocated, allocations, line_start, booked, frame_peak, .. } = self;
        for (word, old) in [
            (live, &old.live),
            (allocated, &old.allocated),
            (allocations, &old.allocations),
            (booked, &old.booked),
            (&self.base, &old.base),
        ] {
            word.set(old.get());
        }
        for (word, old) in [
            (peak, &old.peak),
            (line_start, &old.line_start),
            (frame_peak, &old.frame_peak),
            (&self.notable, &old.notable),
        ] {
            word.set(old.get());
        }
    }

    pub(crate) fn belongs_to(&self, thread: &'static Thread, active: &'static Ledger) {
        self.active.set(ptr::from_ref(active).cast_mut());
        self.thread.store(ptr::from_ref(thread).cast_mut(), Release);
    }

    /// The thread that owns this ledger; `None` for a special one.
    #[inline(always)]
    pub(crate) fn thread(&self) -> Option<&'static Thread> {
        // SAFETY: null or a thread, which is never freed.
        unsafe { self.thread.load(Acquire).as_ref() }
    }

    /// The ledger that frames on this thread use; `None` for a special one.
    #[inline(always)]
    pub(crate) fn active(&self) -> Option<&'static Ledger> {
        // SAFETY: null or the ledger of a thread, which is never freed.
        unsafe { self.active.get().as_ref() }
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

    /// Where that is booked which happens outside annotated functions.
    pub(crate) fn idle(&self) -> &'static Row {
        self.thread().map_or(thread::no_row(), Thread::idle)
    }

    #[inline(always)]
    pub(crate) fn chunk(&self) -> Option<Chunk> {
        // SAFETY: only `set_chunk` stores here.
        unsafe { Chunk::from_ptr(self.chunk.get()) }
    }

    pub(crate) fn set_chunk(&self, chunk: Option<Chunk>) {
        self.chunk.set(chunk.map_or(ptr::null_mut(), Chunk::as_ptr));
    }
}

/// What the allocator calls.
impl Ledger {
    #[inline(always)]
    pub(crate) fn on_alloc(&self, size: usize) {
        let row = self.row();
        row.allocations.add(1);
        self.allocations.add(1);
        self.on_grow(size, row);
    }

    /// More bytes, but no new block.
    #[inline(always)]
    pub(crate) fn on_grow(&self, size: usize, row: &Row) {
        let size = size as i64;
        row.allocated.add(size);
        self.allocated.add(size);
        let live = self.live.add(size);
        if live > self.peak.get() {
            if (live as u64) >= WINDOW as u64 {
                return self.grow_slow(size);
            }
            self.peak.set(live);
        }
        self.notable.set(CHANGED);
    }

    /// Counts a free; false where [`Ledger::free_slow`] must see to it.
    #[inline(always)]
    #[must_use]
    pub(crate) fn on_free(&self, size: usize) -> bool {
        let is_inside = self.live.add((size as i64).wrapping_neg()) >= 0;
        if is_inside {
            self.notable.set(CHANGED);
        }
        is_inside
    }

    #[cold]
    #[inline(never)]
    fn grow_slow(&self, size: i64) {
        if self.kind != Kind::Special {
            self.peak.set(self.live.get());
            return self.publish();
        }
        self.live.set(ALWAYS_SLOW);
        thread::note_detour();
        match thread::owned_ledger(self) {
            thread::Owner::Thread(ledger) => ledger.on_alloc(size as usize),
            // The thread is past its end.
            thread::Owner::Process => publish(size),
            thread::Owner::Nobody => {}
        }
    }

    /// The rest of an [`Ledger::on_free`] that returned false.
    #[cold]
    #[inline(never)]
    pub(crate) fn free_slow(&self, size: usize) {
        if self.kind != Kind::Special {
            return self.publish();
        }
        self.live.set(ALWAYS_SLOW);
        thread::note_detour();
        match thread::owned_ledger(self) {
            thread::Owner::Thread(ledger) if ledger.on_free(size) => {}
            thread::Owner::Thread(ledger) => ledger.publish(),
            thread::Owner::Process => publish(-(size as i64)),
            thread::Owner::Nobody => {}
        }
    }

    /// Adds what this thread holds to the process's total and moves the window.
    pub(crate) fn publish(&self) {
        self.settle_peak(self.live.get(), self.row());
        let shift = self.live.get() - CENTER;
        publish(shift);
        self.notable.set(CHANGED);
        for word in [&self.live, &self.booked] {
            word.add(shift.wrapping_neg());
        }
        for word in [&self.peak, &self.line_start, &self.frame_peak] {
            word.set(word.get().wrapping_sub(shift));
        }
        self.base.add(shift);
    }

    /// What this thread has to add to [`published`].
    pub(crate) fn unpublished(&self) -> i64 {
        self.live.get() - CENTER
    }

    /// Live bytes of this thread, whatever the window: changes only by what the thread does.
    pub(crate) fn absolute_live(&self) -> i64 {
        self.base.get().wrapping_add(self.live.get())
    }
}

fn publish(change: i64) {
    let before = PUBLISHED.fetch_add(change, Relaxed);
    arena::note_published(before.wrapping_add(change) + CENTER);
}

/// Bytes live in the process as far as the threads have published them.
pub(crate) fn published() -> i64 {
    PUBLISHED.load(Relaxed) + CENTER
}
