//! The calling thread's allocations between two moments, to the byte, and the state of other threads:
//! the basis of budgets.

use core::marker::PhantomData;
use core::ptr;

use super::foreign::{self, GUARDS};
use super::own_stack;
use crate::process;
use crate::record::ledger::ledger::Ledger;
use crate::record::ledger::row::Totals;
use crate::record::ledger::thread::Thread;
use crate::record::ledger::threads;

/// Runs from its making to [`Measure::finish`], or until it is dropped. Measures may be nested.
#[derive(Debug)]
pub(crate) struct Measure {
    thread: &'static Thread,
    ledger: &'static Ledger,
    start: Totals,
    begun: Start,
    /// The highest mark of the frame around it, in absolute bytes.
    frame_peak: i64,
    /// A measure belongs to its thread.
    _stays: PhantomData<*const ()>,
}

/// The memory that this thread took between the two moments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    /// Bytes held more than before.
    pub(crate) increment: i64,
    /// Highest rise in bytes.
    pub(crate) peak: i64,
    /// Blocks requested.
    pub(crate) allocations: i64,
    /// Whether something else ran on this thread in between, or a part of it on another one: then the rest
    /// says nothing.
    pub(crate) was_left: bool,
}

impl Measure {
    /// `None` while the profiler's own work runs, which is not recorded.
    pub(crate) fn begin() -> Option<Self> {
        let thread = threads::current()?;
        let ledger = thread.heap();
        if ledger.is_busy() {
            return None;
        }
        let begun = Start::begin(thread);
        let _busy = ledger.begin_work()?;
        ledger.flush_up_to_date();
        let start = ledger.totals();
        let frame_peak = ledger.frame_peak();
        begun.note_peak(thread, frame_peak);
        thread.keep_peak(frame_peak);
        ledger.reset_frame_peak();
        Some(Self { thread, ledger, start, begun, frame_peak, _stays: PhantomData })
    }

    /// The memory taken since the beginning. Drops the measure, which restores the frame's highest mark.
    pub(crate) fn finish(self) -> Spent {
        if !self.begun.is_here(self.thread) {
            return Spent { was_left: true, ..Spent::default() };
        }
        let _busy = self.ledger.begin_work();
        self.ledger.flush_up_to_date();
        let change = self.ledger.totals().since(&self.start);
        let highest = self.ledger.frame_peak();
        Spent {
            increment: change.live,
            peak: highest.wrapping_sub(self.start.live),
            allocations: change.allocations,
            was_left: false,
        }
    }
}

impl Drop for Measure {
    fn drop(&mut self) {
        let ledger = self.ledger;
        if !self.begun.is_here(self.thread) {
            return;
        }
        self.begun.end(self.thread);
        let _busy = ledger.begin_work();
        ledger.flush_up_to_date();
        ledger.raise_frame_peak(self.frame_peak);
    }
}

/// The totals of a thread, as any other one may see them.
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
        let ledger = self.heap();
        let (totals, unpublished) = (ledger.totals(), ledger.unpublished());
        Standing { totals, unpublished, begun: self.notes.begun() }
    }

    /// A mark of this height, in absolute bytes, is about to be taken back.
    fn keep_peak(&self, peak: i64) {
        self.block().peak.raise(peak);
    }

    /// The highest that it is known to have held, in absolute bytes. Only the thread itself calls this, when
    /// all is recorded.
    pub(crate) fn highest_mark(&self) -> i64 {
        self.heap().highest_mark().max(self.block().peak.get())
    }

    /// Publishes what it holds. Only the thread itself calls this.
    pub(crate) fn publish(&'static self) {
        self.heap().publish();
    }
}

/// The start of a measure.
#[derive(Debug)]
struct Start {
    /// 0 on the stack of the thread.
    begun: i64,
    /// Of the measure around it.
    outer: i64,
}

impl Start {
    /// A measure begins.
    fn begin(thread: &'static Thread) -> Self {
        let measured = &thread.measured;
        if !own_stack::is_elsewhere(thread) {
            foreign::give_up_measures(thread);
            return Self { begun: 0, outer: 0 };
        }
        foreign::check(thread);
        let (begun, outer) = (process::stack_pointer() as i64, measured.begun.get());
        if outer == 0 {
            measured.depth.set(thread.frames_ledger().depth() as i64);
            measured.peak.set(i64::MIN / 2);
        }
        measured.begun.set(begun);
        thread.stand_in(&GUARDS);
        Self { begun, outer }
    }

    /// The highest mark of the frame around it is this, in absolute bytes.
    fn note_peak(&self, thread: &'static Thread, peak: i64) {
        if self.begun != 0 {
            thread.measured.peak.raise(peak);
        }
    }

    /// Whether the thread still is in the measure, and the measure on this thread.
    fn is_here(&self, thread: &'static Thread) -> bool {
        let is_same = threads::current().is_some_and(|current| ptr::eq(current, thread));
        is_same && (self.begun == 0 || thread.measured.begun.get() == self.begun)
    }

    /// It ends, here.
    fn end(&self, thread: &'static Thread) {
        if self.begun != 0 {
            own_stack::forget_stack(thread, self.begun as usize);
            thread.measured.begun.set(self.outer);
            foreign::stand_down(thread);
        }
    }
}
