//! The allocator's use of a ledger: it counts blocks and bytes, and publishes what its thread holds
//! where that leaves the window.

use core::sync::atomic::Ordering::Relaxed;

use super::ledger::{ALWAYS_SLOW, CENTER, CHANGED, Kind, Ledger, PUBLISHED, WINDOW};
use super::published;
use super::thread;
use crate::record::alloc::noting;
use crate::record::memory::arena;

/// The methods that the allocator calls.
impl Ledger {
    /// Counts a block; false where [`Ledger::alloc_slow`] must see to it, and then the watcher.
    #[inline(always)]
    #[must_use]
    pub(crate) fn on_alloc(&self, size: usize) -> bool {
        add_at_once!(self, Ledger, allocations, const 1);
        self.on_grow(size) && !self.is_reached()
    }

    /// The same for more bytes, but no new block.
    #[inline(always)]
    #[must_use]
    pub(crate) fn on_grow(&self, size: usize) -> bool {
        let size = size as i64;
        add_at_once!(self, Ledger, allocated, size);
        add_at_once!(self, Ledger, live, size);
        let live = self.live.get();
        if live > self.peak.get() {
            if (live as u64) >= WINDOW as u64 {
                return false;
            }
            self.peak.set(live);
        }
        self.notable.set(CHANGED);
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
        self.notable.set(CHANGED);
        true
    }

    /// Whether `live` is where it should be, so that nothing but the watcher waits for a block.
    #[inline(always)]
    pub(crate) fn is_inside(&self) -> bool {
        (self.live.get() as u64) < WINDOW as u64
    }

    /// The rest of an [`Ledger::on_alloc`] that returned false.
    #[cold]
    #[inline(never)]
    pub(crate) fn alloc_slow(&self, size: usize) {
        self.count_slow(size, |ledger| ledger.on_alloc(size));
    }

    /// The rest of an [`Ledger::on_grow`] that returned false.
    #[cold]
    #[inline(never)]
    pub(crate) fn grow_slow(&self, size: usize) {
        self.count_slow(size, |ledger| ledger.on_grow(size));
    }

    fn count_slow(&self, size: usize, count: impl Fn(&Self) -> bool) {
        if self.is_inside() {
            return;
        }
        if self.kind() != Kind::Special {
            self.peak.raise(self.live.get());
            return self.publish();
        }
        self.live.set(ALWAYS_SLOW);
        thread::note_detour();
        match thread::owned_ledger(self) {
            thread::Owner::Thread(ledger) if count(ledger) => {}
            thread::Owner::Thread(ledger) => ledger.count_slow(size, count),
            // The thread is past its end.
            thread::Owner::Process => publish(size as i64),
            thread::Owner::Nobody => {}
        }
    }

    /// The rest of an [`Ledger::on_free`] that returned false.
    #[cold]
    #[inline(never)]
    pub(crate) fn free_slow(&self, size: usize) {
        if self.kind() != Kind::Special {
            match self.is_inside() {
                true => self.notable.set(CHANGED),
                false => self.publish(),
            }
            return noting::stop_asking(self);
        }
        self.live.set(ALWAYS_SLOW);
        thread::note_detour();
        match thread::owned_ledger(self) {
            thread::Owner::Thread(ledger) if ledger.on_free(size) => {}
            thread::Owner::Thread(ledger) => ledger.free_slow(size),
            thread::Owner::Process => publish(-(size as i64)),
            thread::Owner::Nobody => {}
        }
    }

    /// Adds what this thread holds to the process's total and moves the window. Where the thread is busy, the
    /// next allocation or free does.
    pub(crate) fn publish(&self) {
        let Some(_busy) = self.begin_work() else { return };
        self.complete();
        self.settle_peak(self.live.get(), self.row());
        let shift = self.live.get() - CENTER;
        publish(shift);
        self.notable.set(CHANGED);
        add_at_once!(self, Self, live, shift.wrapping_neg());
        self.booked.add(shift.wrapping_neg());
        for word in [&self.peak, &self.line_start, &self.frame_peak] {
            word.set(word.get().wrapping_sub(shift));
        }
        self.base.add(shift);
    }

    /// The bytes that this thread has to add to [`published()`].
    pub(crate) fn unpublished(&self) -> i64 {
        self.live.get() - CENTER
    }

    /// The same, unless the thread is just publishing it.
    pub(crate) fn unpublished_if_settled(&self) -> Option<i64> {
        Some(self.unpublished()).filter(|rest| (-CENTER..CENTER).contains(rest))
    }

    /// Live bytes of this thread, whatever the window: changes only by what the thread does.
    pub(crate) fn absolute_live(&self) -> i64 {
        self.base.get().wrapping_add(self.live.get())
    }
}

fn publish(change: i64) {
    let before = PUBLISHED.fetch_add(change, Relaxed);
    let now = before.wrapping_add(change) + CENTER;
    arena::note_published(now);
    published::note(now);
}

/// Bytes live in the process as far as the threads have published them.
pub(crate) fn published() -> i64 {
    PUBLISHED.load(Relaxed) + CENTER
}
