//! The slow half of counting: the window was left, a special ledger was found, or somebody asks.

use super::current::note_shared_ledger_use;
use super::kind::Kind;
use super::ledger::{ALWAYS_SLOW, Ledger};
use super::notes;
use super::published;
use super::threads::{self, Owner};

impl Ledger {
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
        note_shared_ledger_use();
        match threads::owned_ledger(self) {
            Owner::Thread(ledger) if count(ledger) => {}
            Owner::Thread(ledger) => ledger.count_slow(size, count),
            // The thread is past its end.
            Owner::Process => published::publish(size as i64),
            Owner::Nobody => {}
        }
    }

    /// The rest of an [`Ledger::on_free`] that returned false.
    #[cold]
    #[inline(never)]
    pub(crate) fn free_slow(&self, size: usize) {
        if self.kind() != Kind::Special {
            match self.is_inside() {
                true => self.set_changed(),
                false => self.publish(),
            }
            return notes::stop_asking(self);
        }
        self.live.set(ALWAYS_SLOW);
        note_shared_ledger_use();
        match threads::owned_ledger(self) {
            Owner::Thread(ledger) if ledger.on_free(size) => {}
            Owner::Thread(ledger) => ledger.free_slow(size),
            Owner::Process => published::publish(-(size as i64)),
            Owner::Nobody => {}
        }
    }
}
