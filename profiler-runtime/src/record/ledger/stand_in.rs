//! Which ledger stands in for the thread's own, where its allocator or its calls look.

use core::ptr;

use super::current::{self, current_ledger, show_allocator};
use super::ledger::Ledger;
use super::thread::{Guards, Thread};

/// Frames and the allocator of this thread find this ledger from now on. Returns the one before.
pub(crate) fn swap_ledger(new: &'static Ledger) -> &'static Ledger {
    current::set(new);
    show_allocator(new.front()).behind()
}

/// Shows the allocator the right ledger after the thread has begun or ceased to note blocks.
pub(in crate::record) fn show_front() {
    show_allocator(current_ledger().behind().front());
}

impl Ledger {
    /// The ledger that the allocator is to find in the place of this one.
    fn front(&'static self) -> &'static Self {
        self.thread().map_or(self, |thread| thread.notes.in_front_of(self))
    }

    /// The ledger that the allocator would find if its thread noted nothing.
    pub(in crate::record) fn behind(&'static self) -> &'static Self {
        self.thread().map_or(self, |thread| thread.notes.behind(self))
    }
}

impl Thread {
    /// Its allocator goes by the stand-in while guarded frames run, after which `guards` look. Only the thread
    /// itself calls this, and the next one.
    pub(in crate::record) fn stand_in(&'static self, guards: &'static Guards) {
        self.set_guards(guards);
        if ptr::eq(current_ledger().behind(), self.heap()) {
            swap_ledger(self.guard());
        }
    }

    pub(in crate::record) fn stand_down(&'static self) {
        if ptr::eq(current_ledger().behind(), self.guard()) {
            swap_ledger(self.heap());
        }
    }
}

/// Has the allocator find the ledger that it would if its thread noted nothing, until this is dropped.
#[derive(Debug)]
pub(in crate::record) struct Pause {
    pub(in crate::record) thread: &'static Thread,
    pub(in crate::record) ledger: &'static Ledger,
}

impl Pause {
    /// `None` where the thread whose allocator has found this ledger notes nothing.
    pub(in crate::record) fn begin(found: &'static Ledger) -> Option<Self> {
        let ledger = found.behind();
        let thread = found.thread().filter(|_| !ptr::eq(ledger, found))?;
        show_allocator(ledger);
        Some(Self { thread, ledger })
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        // Another one may stand in by now.
        show_allocator(current_ledger().front());
    }
}
