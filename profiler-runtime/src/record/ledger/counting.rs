//! The allocator's use of a ledger: it counts blocks and bytes, and publishes what its thread holds
//! where that leaves the window. The rare cases are in [`super::counting_slow`].
//!
//! PERF: the window is tested only where `live` is a new peak: 19 → 17 instructions an allocation and its
//! free (cost bench).

use super::ledger::{Ledger, WINDOW};
use super::published::{self, CENTER};

/// The methods that the allocator calls.
impl Ledger {
    /// Counts a block; false where [`Ledger::alloc_slow`] must see to it, and then the watcher.
    #[inline(always)]
    #[must_use]
    pub(crate) fn on_alloc(&self, size: usize) -> bool {
        add_at_once!(self, Ledger, allocations, const 1);
        self.on_grow(size) && !self.sample_is_due()
    }

    /// The same for more bytes, but no new block.
    #[inline(always)]
    #[must_use]
    pub(crate) fn on_grow(&self, size: usize) -> bool {
        let size = size as i64;
        add_at_once!(self, Ledger, allocated, size);
        add_at_once!(self, Ledger, live, size);
        let live = self.live.get();
        if compare!(live, "jg", self, Self, peak) {
            if (live as u64) >= WINDOW as u64 {
                return false;
            }
            self.peak.set(live);
        }
        self.set_changed();
        true
    }

    /// Counts a free; false where [`Ledger::free_slow`] must see to it.
    #[inline(always)]
    #[must_use]
    pub(crate) fn on_free(&self, size: usize) -> bool {
        add_at_once!(self, Ledger, live, (size as i64).wrapping_neg());
        if self.is_below_floor(self.live.get()) {
            return false;
        }
        self.set_changed();
        true
    }

    /// Counts that a block has become smaller, of which nobody asks here; false where [`Ledger::free_slow`] must see
    /// to it.
    #[inline(always)]
    #[must_use]
    pub(crate) fn on_shrink(&self, size: usize) -> bool {
        add_at_once!(self, Ledger, live, (size as i64).wrapping_neg());
        if !self.is_inside() {
            return false;
        }
        self.set_changed();
        true
    }

    /// `live`, if that is where it should be.
    #[inline(always)]
    pub(in crate::record) fn live_inside(&self) -> Option<i64> {
        Some(self.live.get()).filter(|&live| (live as u64) < WINDOW as u64)
    }

    /// Whether `live` is where it should be, so that nothing but the watcher waits for a block.
    #[inline(always)]
    pub(crate) fn is_inside(&self) -> bool {
        self.live_inside().is_some()
    }

    /// Adds what this thread holds to the process's total and moves the window. Where the thread is busy, the
    /// next allocation or free does.
    pub(crate) fn publish(&self) {
        let Some(_busy) = self.begin_work() else { return };
        self.complete();
        self.flush_peak(self.live.get(), self.row());
        let shift = self.live.get() - CENTER;
        published::publish(shift);
        self.set_changed();
        add_at_once!(self, Self, live, shift.wrapping_neg());
        self.recorded_live.add(shift.wrapping_neg());
        for word in [&self.peak, &self.line_start, &self.frame_peak] {
            word.set(word.get().wrapping_sub(shift));
        }
        self.base.add(shift);
    }

    /// The bytes that this thread has to add to [`published::published`].
    pub(crate) fn unpublished(&self) -> i64 {
        self.live.get() - CENTER
    }

    /// The same, unless the thread is just publishing it.
    pub(crate) fn consistent_unpublished(&self) -> Option<i64> {
        Some(self.unpublished()).filter(|rest| (-CENTER..CENTER).contains(rest))
    }

    /// Live bytes of this thread, whatever the window: changes only by what the thread does.
    pub(crate) fn absolute_live(&self) -> i64 {
        self.base.get().wrapping_add(self.live.get())
    }
}
