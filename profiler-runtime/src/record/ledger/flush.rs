//! The end of a line: changes are recorded on its row.

use super::kind::Kind;
use super::ledger::Ledger;
use super::pending::Pending;
use super::published;
use super::row::{Row, Totals};
use super::suspend::Rise;

/// Pending changes.
impl Ledger {
    #[inline(always)]
    pub(super) fn pending(&self) -> Pending {
        Pending(self.pending.get())
    }

    /// Memory has changed.
    #[inline(always)]
    pub(in crate::record) fn set_changed(&self) {
        self.pending.set(Pending::CHANGED.0);
    }

    /// All has been recorded but this, unless something is to be pending always.
    #[inline(always)]
    pub(super) fn set_pending(&self, pending: Pending) {
        self.pending.set(pending.0 | self.mode.get());
    }

    /// Whether the current line has anything to record: it changed something, or never before did
    /// it end with so much memory in use. Always with `rss`.
    #[inline(always)]
    pub(crate) fn needs_closing(&self) -> bool {
        self.pending().needs_closing(self.row())
    }

    /// Notes the usage after the line of `row`, where nothing has changed since the thread last recorded.
    #[inline(always)]
    pub(crate) fn note_usage(&self, row: &Row) {
        row.usage.raise(self.pending.get());
    }
}

/// The methods of frames and events.
impl Ledger {
    /// Ends the current line, behind which `next` goes on: records all changes and starts the next line's peak.
    pub(crate) fn close_line(&self, next: &'static Row) {
        let live = self.flush_before(|| next);
        if self.stack.is_complete() {
            self.line_start.set(live);
        }
    }

    /// The same for the ledger of the allocator where that takes no call; else it is to be
    /// [closed](Self::close_line) still.
    ///
    /// PERF: 86 → 65 instructions for an event after an allocation or a free (cost bench).
    #[inline(always)]
    pub(crate) fn close_line_simply(&self) -> bool {
        let is_simple = self.pending().is_more_than_usage() && self.stack.is_complete();
        if is_simple {
            self.line_start.set(self.record_heap());
        }
        is_simple
    }

    /// Records what is open on the current row, if anything is, before `next` goes on.
    #[inline(always)]
    pub(crate) fn flush_if_pending(&self, next: impl FnOnce() -> &'static Row) {
        if self.needs_closing() {
            self.flush_before(next);
        }
    }

    /// The same for what is pending. Returns `live`.
    #[inline(always)]
    fn flush_before(&self, next: impl FnOnce() -> &'static Row) -> i64 {
        if self.kind() == Kind::Rss { self.flush_rss_before(next()) } else { self.flush_heap() }
    }

    /// Records what is open on the current line, which goes on. Not in a handler that has interrupted such work.
    pub(crate) fn flush_unless_busy(&self) {
        if let Some(_busy) = self.begin_work() {
            self.flush_up_to_date();
        }
    }

    /// The same for who has made the ledger busy.
    pub(crate) fn flush_up_to_date(&self) {
        // So that the highest mark belongs to the running frame.
        self.complete();
        self.flush();
        self.note_raised();
    }

    /// Records what is open on the current row and returns `live`.
    pub(crate) fn flush(&self) -> i64 {
        if self.kind() == Kind::Rss { self.flush_rss() } else { self.flush_heap() }
    }

    #[inline(never)]
    fn flush_heap(&self) -> i64 {
        if !self.pending().is_more_than_usage() {
            self.note_usage(self.row());
            return self.live.get();
        }
        self.complete();
        self.record_heap()
    }

    /// Bytes in use by the process, as far as this thread knows.
    #[inline(always)]
    pub(in crate::record) fn usage(&self) -> i64 {
        // Threads that free what others have not published bring the published part below nothing. If the sum is not,
        // this thread's own blocks may be the freed ones. Else others must have had them.
        let total = self.total();
        if total < 0 { self.unpublished() } else { total }
    }

    /// The same, also where threads that free what others have not published bring it below nothing.
    #[inline(always)]
    pub(in crate::record) fn total(&self) -> i64 {
        published::uncentered().wrapping_add(self.live.get())
    }

    /// Memory in use by the process as far as this thread knows: without what the others have not
    /// published; with `rss` the last reading.
    pub(in crate::record) fn reading(&self) -> i64 {
        match self.kind() {
            Kind::Rss => self.live.get(),
            Kind::Heap | Kind::Special => self.usage(),
        }
    }

    #[inline(always)]
    fn record_heap(&self) -> i64 {
        // Each word is read once: what a handler adds meanwhile is the next line's.
        let (live, row) = (self.live.get(), self.row());
        let (allocated, allocations) = (self.allocated.get(), self.allocations.get());
        row.increment.add(live.wrapping_sub(self.recorded_live.get()));
        row.allocated.add(allocated.wrapping_sub(self.recorded_allocated.get()));
        row.allocations.add(allocations.wrapping_sub(self.recorded_allocations.get()));
        self.recorded_live.set(live);
        self.recorded_allocated.set(allocated);
        self.recorded_allocations.set(allocations);
        self.flush_peak(live, row);
        let usage = self.usage();
        row.usage.raise(usage);
        self.set_pending(Pending::usage(usage));
        live
    }

    #[inline(always)]
    pub(in crate::record) fn flush_peak(&self, live: i64, row: &Row) {
        let peak = self.peak.get();
        self.frame_peak.raise(peak);
        row.peak.raise(peak.wrapping_sub(self.line_start.get()));
        self.peak.set(live);
    }

    pub(crate) fn totals(&self) -> Totals {
        Totals {
            live: self.absolute_live(),
            allocated: self.allocated.get(),
            allocations: self.allocations.get(),
        }
    }

    /// The totals when the thread last recorded.
    pub(in crate::record) fn recorded_totals(&self) -> Totals {
        Totals {
            live: self.recorded_live.get().wrapping_add(self.base.get()),
            allocated: self.recorded_allocated.get(),
            allocations: self.recorded_allocations.get(),
        }
    }

    /// By how many bytes the frame that runs has raised memory.
    pub(crate) fn rise(&self) -> Rise {
        if self.kind() != Kind::Heap {
            return Rise::default();
        }
        let (live, recorded) = (self.live.get(), self.recorded_live.get());
        match self.stack.last().filter(|_| self.stack.is_complete()) {
            Some(running) => Rise {
                line: live.wrapping_sub(self.line_start.get()),
                call: self.absolute_live().wrapping_sub(running.entry.get()),
            },
            // Nothing had changed at its entry.
            None => Rise { line: live.wrapping_sub(recorded), call: live.wrapping_sub(recorded) },
        }
    }

    /// Starts over, for a thread that takes a ledger whose thread has ended. Returns the highest mark, in
    /// absolute bytes.
    pub(crate) fn rest(&self, idle: &'static Row) -> i64 {
        self.complete();
        let live = self.live.get();
        self.recorded_live.set(live);
        self.recorded_allocated.set(self.allocated.get());
        self.recorded_allocations.set(self.allocations.get());
        self.stack.clear(|saved| self.give_up(saved));
        self.set_row(idle);
        let highest = self.highest_mark();
        for word in [&self.peak, &self.line_start, &self.frame_peak] {
            word.set(live);
        }
        highest
    }

    /// The highest that the thread is known to have held, in absolute bytes. All callers are up to date.
    pub(crate) fn highest_mark(&self) -> i64 {
        let running = self.peak.get().max(self.frame_peak.get()).wrapping_add(self.base.get());
        self.stack.highest_peak().max(running)
    }

    /// The highest mark since the frame that runs was entered, in absolute bytes. All callers are up to date.
    pub(crate) fn frame_peak(&self) -> i64 {
        self.frame_peak.get().wrapping_add(self.base.get())
    }

    /// Starts that mark again, for a measure inside of the frame. Its end puts the old one back by
    /// [`Self::raise_frame_peak`].
    pub(crate) fn reset_frame_peak(&self) {
        self.frame_peak.set(self.live.get());
    }

    /// The mark is at least this high, in absolute bytes.
    pub(crate) fn raise_frame_peak(&self, peak: i64) {
        self.frame_peak.raise(peak.wrapping_sub(self.base.get()));
    }
}
