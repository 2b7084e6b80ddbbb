//! The invariants of a ledger's words while it is not busy; ARCHITECTURE.md has the table.
//!
//! In the library's own tests each change of a ledger checks it at its end.

use super::kind::Kind;
use super::ledger::{Ledger, WINDOW};
use super::pending::{GUARDED, PLAIN, Pending, SPANS};

impl Ledger {
    /// Panics where something does not hold. Only its own thread calls this, where the ledger is not busy.
    #[track_caller]
    pub(crate) fn check_invariants(&self) {
        if self.kind() != Kind::Heap || self.owner().is_null() {
            return;
        }
        self.check_counts();
        self.check_pending();
        self.check_rows();
    }

    #[track_caller]
    fn check_counts(&self) {
        let (live, recorded) = (self.live.get(), self.recorded_live.get());
        assert!((0..WINDOW).contains(&live), "`live` is in the window: {live}");
        assert!(live <= self.peak.get(), "`peak` is no lower than `live`");
        assert!(
            recorded <= self.frame_peak.get(),
            "`frame_peak` is no lower than what is recorded"
        );
        assert!(self.recorded_allocated.get() <= self.allocated.get(), "bytes are not unrequested");
        assert!(self.recorded_allocations.get() <= self.allocations.get(), "nor are blocks");
        assert!(self.stack.is_in_order(), "`begin` ≤ `complete` ≤ `top` ≤ `end`");
    }

    #[track_caller]
    fn check_pending(&self) {
        let (pending, mode) = (self.pending(), self.mode.get());
        assert!(
            [PLAIN, SPANS, GUARDED].contains(&mode),
            "`mode` is one of the allocator's: {mode}"
        );
        assert_eq!(
            mode == GUARDED,
            self.guarded().is_some(),
            "`mode` says whether a frame is guarded"
        );
        assert!(mode == PLAIN || pending.is_more_than_usage(), "something is always pending");
        if mode != PLAIN || pending == Pending::CHANGED {
            return;
        }
        // Nothing has changed since the thread last recorded.
        assert_eq!(self.live.get(), self.recorded_live.get(), "changed `live` is pending");
        assert_eq!(
            self.allocated.get(),
            self.recorded_allocated.get(),
            "requested bytes are pending"
        );
        assert_eq!(self.allocations.get(), self.recorded_allocations.get(), "so are blocks");
        let is_raised = self.stack.is_complete() && self.line_start.get() != self.live.get();
        assert!(!is_raised || pending == Pending::RAISED_BY_CALLEE, "a raised line needs closing");
    }

    #[track_caller]
    fn check_rows(&self) {
        let is_own = self.chunk().is_none_or(|chunk| chunk.find_row(self.row()).is_some());
        assert!(is_own, "`row` is one of the innermost frame's");
        assert!(self.stack.rows_are_callers(), "a saved row is one of the caller's");
    }
}
