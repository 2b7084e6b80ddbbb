//! What line events and frames do to a ledger: closing lines, and setting the lines of one frame
//! aside while another runs.

use core::sync::atomic::Ordering::Relaxed;

use super::ledger::{CHANGED, Kind, Ledger, PUBLISHED};
use super::row::{Chunk, Row, Totals};
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
    #[inline(always)]
    pub(crate) fn close_line(&self) {
        if self.kind == Kind::Rss {
            self.settle_rss();
        } else {
            let live = self.settle_heap();
            self.line_start.set(live);
        }
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

    #[inline(always)]
    fn settle_heap(&self) -> i64 {
        let live = self.live.get();
        let row = self.row();
        row.increment.add(live.wrapping_sub(self.booked.get()));
        self.booked.set(live);
        self.settle_peak(live, row);
        let usage = PUBLISHED.load(Relaxed).wrapping_add(live);
        self.notable.set(usage | timeline::kept());
        row.usage.raise(usage);
        live
    }

    #[inline(never)]
    fn settle_rss(&self) -> i64 {
        // Where the system gives no reading, the last one stands: nothing is booked.
        let live = process::rss().map_or(self.live.get(), |bytes| bytes as i64);
        self.live.set(live);
        let row = self.row();
        row.increment.add(live - self.booked.get());
        self.booked.set(live);
        row.usage.raise(live);
        live
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
}

/// Where a frame's lines and peaks stood, in absolute bytes.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Marks {
    pub(crate) line_start: i64,
    pub(crate) frame_peak: i64,
}

/// What only frames call: the lines and peaks of one frame, set aside while another runs.
impl Ledger {
    /// Starts a frame whose current line has already risen by `rise`; returns the marks of the
    /// frame before it.
    #[inline(always)]
    pub(crate) fn push_marks(&self, rise: i64) -> Marks {
        let live = self.live.get();
        let base = self.base.get();
        let marks = Marks {
            line_start: self.line_start.get().wrapping_add(base),
            frame_peak: self.frame_peak.get().wrapping_add(base),
        };
        self.frame_peak.set(live);
        self.line_start.set(live - rise);
        if rise != 0 {
            self.notable.set(CHANGED);
        }
        marks
    }

    /// With `rss` nothing else moves the peak along. With `heap` it is there already: all is booked.
    pub(crate) fn start_peak(&self) {
        self.peak.set(self.live.get());
    }

    /// Whether nothing has been allocated and nothing freed since `waiting` was left.
    #[inline(always)]
    pub(crate) fn is_as_of(&self, waiting: Chunk) -> bool {
        self.allocated.get() == waiting.last_allocated.get()
            && self.absolute_live() == waiting.last_live.get()
    }

    /// Ends a frame in which nothing has changed. All that was before it is booked, its peak too.
    #[inline(always)]
    pub(crate) fn restore_marks(&self, marks: Marks) {
        let base = self.base.get();
        self.frame_peak.set(marks.frame_peak.wrapping_sub(base));
        let line_start = marks.line_start.wrapping_sub(base);
        self.line_start.set(line_start);
        if line_start != self.live.get() {
            // The line is to be closed by its end, although all is booked.
            self.notable.set(CHANGED);
        }
    }

    /// Ends a frame: the peak that it saw also is one of the frame that called it.
    /// Returns how far the frame rose above the start of the caller's line.
    #[inline(always)]
    pub(crate) fn pop_marks(&self, marks: Marks) -> i64 {
        if self.kind != Kind::Heap {
            return 0;
        }
        let seen = self.frame_peak.get();
        self.restore_marks(marks);
        self.frame_peak.raise(seen);
        seen.wrapping_sub(self.line_start.get())
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
        let live = self.live.get();
        self.booked.set(live);
        for word in [&self.peak, &self.line_start, &self.frame_peak] {
            word.set(live);
        }
    }
}
