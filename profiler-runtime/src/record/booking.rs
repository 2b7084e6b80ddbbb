//! What line events and frames do to a ledger: closing lines, and setting the lines of one frame
//! aside while another runs.

use core::sync::atomic::Ordering::Relaxed;

use super::ledger::{CHANGED, Kind, Ledger, PUBLISHED};
use super::row::{Chunk, IDLE, RUNNING, Row, Totals};
use super::stack::Aside;
use super::{thread, timeline};
use crate::process;

/// What frames and events call.
impl Ledger {
    /// Whether the current line has anything to book: it changed something, or never before did
    /// it end with so much memory in use. Always with `rss`.
    #[inline(always)]
    pub(crate) fn is_open(&self) -> bool {
        self.notable.get() as u64 > self.row().usage.get() as u64
    }

    /// The end of the current line: books what is open and starts the next line's peak.
    pub(crate) fn close_line(&self) {
        let live = self.settle();
        self.line_start.set(live);
    }

    /// The same where that takes no call; else it is to be [closed](Self::close_line) still.
    #[inline(always)]
    pub(crate) fn close_line_simply(&self) -> bool {
        let is_simple =
            self.kind == Kind::Heap && self.notable.get() == CHANGED && self.stack.is_complete();
        if is_simple {
            self.line_start.set(self.book_heap());
        }
        is_simple
    }

    /// Books what is open on the current row, if anything is.
    #[inline(always)]
    pub(crate) fn settle_open(&self) {
        if self.is_open() {
            self.settle();
        }
    }

    /// Books what is open on the current row and returns `live`.
    pub(crate) fn settle(&self) -> i64 {
        if self.kind == Kind::Rss { self.settle_rss() } else { self.settle_heap() }
    }

    fn settle_heap(&self) -> i64 {
        let notable = self.notable.get();
        if notable != CHANGED {
            self.row().usage.raise(notable);
            return self.live.get();
        }
        self.complete();
        self.book_heap()
    }

    #[inline(always)]
    fn book_heap(&self) -> i64 {
        let (live, row) = (self.live.get(), self.row());
        row.increment.add(live.wrapping_sub(self.booked.get()));
        self.note_booked(live);
        self.settle_peak(live, row);
        let usage = PUBLISHED.load(Relaxed).wrapping_add(live);
        self.notable.set(usage | timeline::kept());
        row.usage.raise(usage);
        live
    }

    #[inline(never)]
    fn settle_rss(&self) -> i64 {
        self.complete();
        // Where the system gives no reading, the last one stands: nothing is booked.
        let live = process::rss().map_or(self.live.get(), |bytes| bytes as i64);
        self.live.set(live);
        let row = self.row();
        row.increment.add(live - self.booked.get());
        self.note_booked(live);
        row.usage.raise(live);
        live
    }

    #[inline(always)]
    fn note_booked(&self, live: i64) {
        self.booked.set(live);
        self.booked_allocated.set(self.allocated.get());
        self.booked_allocations.set(self.allocations.get());
    }

    #[inline(always)]
    pub(super) fn settle_peak(&self, live: i64, row: &Row) {
        let peak = self.peak.get();
        self.frame_peak.raise(peak);
        row.peak.raise(peak.wrapping_sub(self.line_start.get()));
        self.peak.set(live);
    }

    /// Memory in use by the process, in bytes, at the first call of a function: the one reading
    /// that adds up all threads.
    #[cold]
    pub(crate) fn entry_reading(&self) -> i64 {
        match self.kind {
            Kind::Heap => thread::live_bytes(),
            Kind::Rss | Kind::Special => self.live.get(),
        }
    }

    pub(crate) fn totals(&self) -> Totals {
        Totals {
            live: self.absolute_live(),
            allocated: self.allocated.get(),
            allocations: self.allocations.get(),
        }
    }

    /// What they were when the thread last booked.
    fn booked_totals(&self) -> Totals {
        Totals {
            live: self.booked.get().wrapping_add(self.base.get()),
            allocated: self.booked_allocated.get(),
            allocations: self.booked_allocations.get(),
        }
    }
}

/// What only frames call: the lines and peaks of one frame, set aside while another runs.
impl Ledger {
    /// Puts a frame of `chunk` in the place of the one that runs, if nothing has changed since the
    /// thread last booked, and no frame of the chunk waits further out.
    ///
    /// Most frames change nothing, and end like that. So nothing more is written down of the
    /// caller's books: until the next change they stand as they stood when the thread last booked.
    #[inline(always)]
    pub(super) fn push_unchanged(&self, chunk: Chunk, row: &'static Row) -> bool {
        let (current, caller, outer) = (self.row(), self.chunk.get(), chunk.suspended.get());
        let is_open = self.notable.get() as u64 > current.usage.get() as u64;
        if is_open || (outer != IDLE && caller != chunk.as_ptr()) {
            return false;
        }
        let aside = Aside::new(caller, current, outer);
        let is_pushed = self.stack.push(aside);
        if is_pushed {
            self.start_frame(chunk, row);
        }
        is_pushed
    }

    /// The same whatever has changed, of which all is booked. The first line of the frame has
    /// already risen by `rise`. `None` when memory is out.
    pub(super) fn push_frame(&self, chunk: Chunk, row: &'static Row, rise: i64) -> Option<()> {
        if self.stack.is_full() {
            self.complete();
            self.stack.grow()?;
        }
        self.stack.push(Aside::new(self.chunk.get(), self.row(), chunk.suspended.get()));
        self.start_frame(chunk, row);
        let live = self.live.get();
        // With `rss` nothing else moves the peak along.
        self.peak.set(live);
        if self.line_start.get() != live.wrapping_sub(rise) {
            // The caller's line has risen too.
            self.complete();
            self.line_start.set(live.wrapping_sub(rise));
        }
        if rise != 0 {
            self.notable.set(CHANGED);
        }
        Some(())
    }

    #[inline(always)]
    fn start_frame(&self, chunk: Chunk, row: &'static Row) {
        chunk.suspended.set(RUNNING);
        self.chunk.set(chunk.as_ptr());
        self.set_row(row);
    }

    /// Ends the frame of `chunk` if it is the innermost one, and nothing has changed since it
    /// was put in place.
    #[inline(always)]
    pub(super) fn pop_unchanged(&self, chunk: Chunk) -> bool {
        match self.stack.last_incomplete() {
            Some(aside) if self.chunk.get() == chunk.as_ptr() => {
                self.stack.pop_incomplete();
                self.resume(chunk, aside);
                true
            }
            _ => false,
        }
    }

    /// Puts the frame back that `chunk`'s has replaced.
    #[inline(always)]
    pub(super) fn resume(&self, chunk: Chunk, aside: &Aside) {
        chunk.suspended.set(aside.outer.get());
        self.chunk.set(aside.caller.get());
        self.row.set(aside.row.get());
    }

    /// Before anything is booked: what [`Ledger::push_unchanged`] has left out.
    #[inline(always)]
    pub(crate) fn complete(&self) {
        if !self.stack.is_complete() {
            self.complete_frames();
        }
    }

    #[inline(never)]
    fn complete_frames(&self) {
        let (booked, base) = (self.booked_totals(), self.base.get());
        let mut line_start = self.line_start.get().wrapping_add(base);
        let mut frame_peak = self.frame_peak.get().wrapping_add(base);
        let mut frames = self.stack.incomplete().peekable();
        while let Some(aside) = frames.next() {
            let entered = frames.peek().map_or(self.chunk.get(), |next| next.caller.get());
            // SAFETY: null or from `push_frame`, which had it of a chunk.
            if let Some(caller) = unsafe { Chunk::from_ptr(aside.caller.get()) } {
                let left = caller.offset_of(aside.row());
                caller.set_last(&booked);
                caller.suspended.set(left);
                if aside.caller.get() == entered {
                    aside.outer.set(left);
                }
            }
            aside.line_start.set(line_start);
            aside.frame_peak.set(frame_peak);
            (line_start, frame_peak) = (booked.live, booked.live);
        }
        self.frame_peak.set(self.booked.get());
        self.stack.complete.set(self.stack.top.get());
    }

    /// Ends a frame, of which all is booked: the peak that it saw also is one of the frame that
    /// called it. Returns how far the frame rose above the start of the caller's line.
    #[inline(always)]
    pub(super) fn restore_marks(&self, aside: &Aside) -> i64 {
        if self.kind != Kind::Heap {
            return 0;
        }
        let (base, seen) = (self.base.get(), self.frame_peak.get());
        let line_start = aside.line_start.get().wrapping_sub(base);
        self.line_start.set(line_start);
        if line_start != self.live.get() {
            // The line is to be closed by its end, although all is booked.
            self.notable.set(CHANGED);
        }
        self.frame_peak.set(aside.frame_peak.get().wrapping_sub(base).max(seen));
        seen.wrapping_sub(line_start)
    }

    /// How far the current line has risen above its start.
    pub(crate) fn rise(&self) -> i64 {
        match self.kind {
            Kind::Heap => self.live.get().wrapping_sub(self.line_start.get()),
            Kind::Rss | Kind::Special => 0,
        }
    }

    /// Starts over, for a thread that takes a ledger whose thread has ended.
    pub(crate) fn rest(&self, idle: &'static Row) {
        self.set_row(idle);
        self.set_chunk(None);
        self.stack.clear();
        let live = self.live.get();
        self.note_booked(live);
        for word in [&self.peak, &self.line_start, &self.frame_peak] {
            word.set(live);
        }
    }
}
