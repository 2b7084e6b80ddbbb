//! Calls: the line and the peak of a frame are saved while another one runs.

use super::kind::Kind;
use super::ledger::Ledger;
use super::pending::{GUARDED, PLAIN, Pending, SPANS};
use super::row::{Chunk, IDLE, RUNNING, Row, Totals};
use super::saved_frame::SavedFrame;
use crate::process;

/// How far a task that goes on later has raised memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Rise {
    /// Above the start of its line.
    pub(crate) line: i64,
    /// Above its entry.
    pub(crate) call: i64,
}

impl Ledger {
    /// Puts a frame of `chunk` in the place of the one that runs, if nothing has changed since the
    /// thread last recorded.
    ///
    /// Most frames change nothing, and end like that. So nothing else is saved of the caller: until the
    /// next change it stands as it stood when the thread last recorded. `line_start` stays the caller's too.
    ///
    /// PERF: lazy callers: 157 → 110 instructions a call and its end when this was made, and 348 → 75 where
    /// another frame of the function waits further out, as in every recursive parser (callgrind).
    #[inline(always)]
    fn push_unchanged(&self, chunk: Chunk, row: &'static Row) -> Option<&SavedFrame> {
        let current = self.row();
        if self.pending().needs_closing(current) {
            return None;
        }
        let saved = self.stack.push(chunk, current)?;
        self.set_row(row);
        Some(saved)
    }

    /// The same. Whether it was so.
    #[inline(always)]
    pub(crate) fn enter_unchanged(&self, chunk: Chunk, row: &'static Row) -> bool {
        self.push_unchanged(chunk, row).is_some()
    }

    /// The same with `rss`, where no reading is due.
    pub(crate) fn enter_unread(&self, chunk: Chunk, row: &'static Row) -> bool {
        let has_room = !self.stack.is_full() && self.skips_reading(row);
        if has_room && self.stack.push(chunk, self.row()).is_some() {
            self.set_row(row);
        }
        has_room
    }

    /// The same where a callee may have raised memory above the start of the caller's line.
    ///
    /// PERF: 88 instructions less for a call and its end from a line that has allocated (cost bench).
    pub(crate) fn enter_after_callee(&self, chunk: Chunk, row: &'static Row) -> bool {
        let is_raised = self.clear_callee_mark();
        let saved = self.push_unchanged(chunk, row);
        if let Some(saved) = saved.filter(|_| is_raised) {
            saved.mark();
        }
        saved.is_some()
    }

    /// A frame of `chunk` takes the place of the one that runs, whatever has changed. It has already raised
    /// memory by `rise`. `None` when memory for the stack is out: what happens in the frame is then its
    /// caller's.
    pub(crate) fn enter(&self, chunk: Chunk, row: &'static Row, rise: Rise) -> Option<()> {
        self.flush_if_pending(|| row);
        if self.chunk().is_none() {
            // No line of a table called it: a rise before the call is the peak of none, and need not be saved.
            self.line_start.set(self.live.get());
        }
        self.push_frame(chunk, row, rise)
    }

    /// The same once all changes are recorded.
    fn push_frame(&self, chunk: Chunk, row: &'static Row, rise: Rise) -> Option<()> {
        if self.stack.is_full() {
            self.complete();
            self.stack.grow()?;
        }
        let is_raised = self.is_raised();
        let saved = self.stack.push(chunk, self.row())?;
        if is_raised {
            saved.mark();
        }
        self.set_row(row);
        let live = self.live.get();
        // With `rss` nothing else moves the peak along.
        self.peak.set(live);
        if rise != Rise::default() {
            self.complete();
            saved.entry.add(rise.call.wrapping_neg());
            self.line_start.set(live.wrapping_sub(rise.line));
            self.set_changed();
        }
        Some(())
    }

    /// Ends the frame of `chunk` where that takes no more than to give back the row. Whether that was so.
    ///
    /// # Safety
    /// A frame was once put in place.
    #[inline(always)]
    pub(crate) unsafe fn leave_unchanged(&self, chunk: Chunk) -> bool {
        // SAFETY: as the caller promises.
        let saved = unsafe { self.stack.pop_plain(chunk) };
        if let Some(saved) = saved {
            self.resume(saved);
        }
        saved.is_some()
    }

    /// The same with `rss`, where no reading is due.
    pub(crate) fn leave_unread(&self, chunk: Chunk) -> bool {
        let Some(last) = self.stack.last() else { return false };
        // SAFETY: there is a frame.
        self.skips_reading(last.row()) && unsafe { self.leave_unchanged(chunk) }
    }

    /// Ends the frame of `chunk`, and those that lie above it. Whether it was there.
    pub(crate) fn leave(&self, chunk: Chunk) -> bool {
        self.flush_if_pending(|| self.stack.last().map_or(self.row(), SavedFrame::row));
        if self.pop_unchanged(chunk) {
            return true;
        }
        self.complete();
        let now = self.recorded_totals();
        let give_up = |saved: &SavedFrame| self.give_up(saved);
        let Some(saved) = self.stack.pop_of(chunk, give_up) else { return false };
        if saved.outer.get() != IDLE {
            chunk.set_last(&now);
        }
        let caller = self.chunk();
        if let Some(caller) = caller.filter(|&caller| caller != chunk) {
            caller.record_suspended(&now);
        }
        chunk.suspended.set(saved.outer.get());
        self.resume(saved);
        let rise = self.restore_marks(chunk, saved);
        if caller.is_some() {
            saved.row().peak.raise(rise);
        }
        true
    }

    /// Ends the frame of `chunk` once all changes are recorded, if it is the innermost one, and nothing has
    /// changed since it was put in place.
    fn pop_unchanged(&self, chunk: Chunk) -> bool {
        let saved = self.stack.pop_incomplete(chunk);
        if let Some(saved) = saved {
            self.resume(saved);
            self.note_raised();
        }
        saved.is_some()
    }

    /// Whether memory is above the start of the current line though all is recorded, so that its end has to
    /// close it. Known where all callers are up to date.
    fn is_raised(&self) -> bool {
        self.stack.is_complete() && self.line_start.get() != self.live.get()
    }

    /// Has it closed then.
    pub(in crate::record) fn note_raised(&self) {
        if self.is_raised() {
            self.set_pending(Pending::RAISED_BY_CALLEE);
        }
    }

    /// If only callees raised the current line, and usage is no higher than it ever was on it, the next frame
    /// may be one that changes nothing. Whether that is so.
    fn clear_callee_mark(&self) -> bool {
        let now = self.usage();
        // Below zero it would say that something has changed: what other threads have allocated may
        // be freed here before they tell of it.
        let is_known = (0..=self.row().usage.get()).contains(&now);
        let is_raised = self.pending() == Pending::RAISED_BY_CALLEE;
        let is_raised = self.mode.get() == PLAIN && is_raised && is_known;
        if is_raised {
            self.set_pending(Pending::usage(now));
        }
        is_raised
    }

    /// Puts the line back that another frame has replaced.
    #[inline(always)]
    pub(in crate::record) fn resume(&self, saved: &SavedFrame) {
        self.row.set(saved.row.get());
    }

    /// Brings all callers up to date, before anything is recorded: [`Ledger::push_unchanged`] saves less.
    #[inline(always)]
    pub(crate) fn complete(&self) {
        if !self.stack.is_complete() {
            self.complete_frames();
        }
    }

    #[inline(never)]
    fn complete_frames(&self) {
        let (recorded, base) = (self.recorded_totals(), self.base.get());
        let mut line_start = self.line_start.get().wrapping_add(base);
        let mut frame_peak = self.frame_peak.get().wrapping_add(base);
        for (caller, saved) in self.stack.incomplete() {
            if let Some(caller) = caller {
                caller.set_last(&recorded);
                caller.suspended.set(caller.offset_of(saved.row()));
            }
            if let Some(entered) = saved.chunk() {
                saved.outer.set(entered.suspend_outer(caller, &recorded));
            }
            saved.mark();
            saved.line_start.set(line_start);
            saved.frame_peak.set(frame_peak);
            saved.entry.set(recorded.live);
            (line_start, frame_peak) = (recorded.live, recorded.live);
        }
        self.line_start.set(self.recorded_live.get());
        self.frame_peak.set(self.recorded_live.get());
        self.stack.complete.set(self.stack.top.get());
    }

    /// Ends a frame of `chunk` once all changes are recorded: its peak also is one of the frame that
    /// called it. Returns how far the frame rose above the start of the caller's line.
    #[inline(always)]
    pub(in crate::record) fn restore_marks(&self, chunk: Chunk, saved: &SavedFrame) -> i64 {
        if self.kind() != Kind::Heap {
            return 0;
        }
        let (base, seen) = (self.base.get(), self.frame_peak.get());
        let line_start = saved.line_start.get().wrapping_sub(base);
        self.line_start.set(line_start);
        self.note_raised();
        self.pass_on_peak(chunk, saved);
        seen.wrapping_sub(line_start)
    }

    /// The highest mark of the frame that ends is one of its function and of its caller.
    #[inline(always)]
    fn pass_on_peak(&self, chunk: Chunk, saved: &SavedFrame) {
        chunk.peak.raise(self.frame_peak().wrapping_sub(saved.entry.get()));
        self.raise_frame_peak(saved.frame_peak.get());
    }

    /// The end of the frame will not be seen. All is recorded.
    #[cold]
    #[inline(never)]
    pub(in crate::record) fn give_up(&self, saved: &SavedFrame) {
        if let Some(chunk) = saved.chunk() {
            self.pass_on_peak(chunk, saved);
        }
        saved.give_up(&self.recorded_totals());
    }
}

/// Modes in which each frame takes the slow path.
impl Ledger {
    /// From now on something is always pending, so each call goes by the functions that ask for spans.
    pub(crate) fn keep_pending(&self) {
        if self.mode.get() == PLAIN {
            self.mode.set(SPANS);
        }
        self.set_changed();
    }

    /// The innermost frame is guarded from now on, and something is always pending. All callers are up to date.
    pub(crate) fn guard_innermost(&self) {
        self.complete();
        self.stack.guard(process::stack_pointer());
        if self.kind() == Kind::Heap {
            self.mode.set(GUARDED);
            self.set_changed();
        } else {
            self.stop_skipping();
        }
    }

    /// No frame is guarded any more. Pending changes stay pending.
    pub(crate) fn end_guard(&self, with_spans: bool) {
        if self.kind() == Kind::Heap {
            self.mode.set(if with_spans { SPANS } else { PLAIN });
        }
    }
}

impl Chunk {
    /// A frame of this function has been entered by `caller` when all had been recorded up to
    /// `recorded`. Returns where the next outer frame of the same function waits. Up to here what
    /// happened is on that one's line.
    fn suspend_outer(self, caller: Option<Chunk>, recorded: &Totals) -> i64 {
        let outer = self.suspended.get();
        if outer != IDLE && caller != Some(self) {
            self.record_suspended(recorded);
            self.set_last(recorded);
        }
        self.suspended.set(RUNNING);
        outer
    }

    /// A frame of this function waits further out: what happened since it was left is on its line.
    pub(in crate::record) fn record_suspended(self, now: &Totals) {
        let change = now.since(&self.last());
        // Where nothing was allocated and nothing freed there is nothing to write.
        if (change.live, change.allocated) != (0, 0)
            && let Some(row) = self.row_at(self.suspended.get())
        {
            row.record(&change);
        }
    }
}
