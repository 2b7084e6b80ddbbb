//! What the calling thread allocates between two moments, to the byte, and how others stand: the ground of
//! budgets.

use core::marker::PhantomData;

use super::ledger::{Kind, Ledger};
use super::row::Totals;
use super::thread::{self, Thread};

/// Runs from its making to [`Measure::finish`], or until it is dropped. Measures may be nested.
#[derive(Debug)]
pub(crate) struct Measure {
    ledger: &'static Ledger,
    start: Totals,
    /// The highest mark of the frame around it, in absolute bytes.
    frame_peak: i64,
    /// A measure belongs to its thread.
    _stays: PhantomData<*const ()>,
}

/// What happened in between, on this thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    /// Bytes held more than before.
    pub(crate) increment: i64,
    /// Highest rise in bytes.
    pub(crate) peak: i64,
    /// Blocks requested.
    pub(crate) allocations: i64,
}

impl Measure {
    /// `None` while our own work runs, which is booked nowhere.
    pub(crate) fn begin() -> Option<Self> {
        let ledger = thread::current()?.ledger(Kind::Heap);
        let _busy = ledger.begin_work()?;
        ledger.settle_here();
        let (start, live) = (ledger.totals(), ledger.live.get());
        let frame_peak = ledger.frame_peak.get().wrapping_add(ledger.base.get());
        ledger.frame_peak.set(live);
        Some(Self { ledger, start, frame_peak, _stays: PhantomData })
    }

    /// What happened since. Gives the frame around it back its highest mark, by being dropped.
    pub(crate) fn finish(self) -> Spent {
        let _busy = self.ledger.begin_work();
        self.ledger.settle_here();
        let change = self.ledger.totals().since(&self.start);
        let highest = self.ledger.frame_peak.get().wrapping_add(self.ledger.base.get());
        Spent {
            increment: change.live,
            peak: highest.wrapping_sub(self.start.live),
            allocations: change.allocations,
        }
    }
}

impl Drop for Measure {
    fn drop(&mut self) {
        let ledger = self.ledger;
        let _busy = ledger.begin_work();
        ledger.settle_here();
        ledger.frame_peak.raise(self.frame_peak.wrapping_sub(ledger.base.get()));
    }
}

/// How a thread stands, as any other one may see it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Standing {
    pub(crate) totals: Totals,
    /// Bytes that it has not published yet.
    pub(crate) unpublished: i64,
    /// How many threads have had this record.
    begun: usize,
}

impl Standing {
    /// How many threads have allocated or freed on it since.
    pub(crate) fn ran_since(&self, earlier: &Self) -> usize {
        let change = self.totals.since(&earlier.totals);
        let has_run = (change.live, change.allocated) != (0, 0);
        self.begun.saturating_sub(earlier.begun).max(has_run.into())
    }
}

impl Thread {
    pub(crate) fn standing(&'static self) -> Standing {
        let ledger = self.ledger(Kind::Heap);
        let (totals, unpublished) = (ledger.totals(), ledger.unpublished());
        Standing { totals, unpublished, begun: self.notes.begun() }
    }

    /// Publishes what it holds. Only the thread itself calls this.
    pub(crate) fn publish(&'static self) {
        self.ledger(Kind::Heap).publish();
    }
}

impl Ledger {
    /// Books what is open on the current line, which goes on. Not in a handler that has interrupted such work.
    pub(crate) fn settle_within(&self) {
        if let Some(_busy) = self.begin_work() {
            self.settle_here();
        }
    }

    /// The same for who has made the ledger busy.
    fn settle_here(&self) {
        // The highest mark is to be that of the frame that runs.
        self.complete();
        self.settle();
        self.note_rise();
    }
}
