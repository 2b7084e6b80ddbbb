//! A signal handler finds a ledger either untouched or busy.
//!
//! A handler may come between any two instructions, call annotated functions, allocate and free. Most words
//! bear that: a count is changed by one instruction (`add_at_once!` in `word`), and a handler's frames
//! are gone when it returns. But the frame stack, the current row and what has been recorded belong together.
//! While a thread changes these, its ledger is **busy**: functions that a handler calls meanwhile are not
//! measured, and what it allocates is counted on the line that it has interrupted.
//!
//! Nobody waits. A ledger is busy for its own thread only.

use core::sync::atomic::{Ordering::SeqCst, compiler_fence};

use super::ledger::Ledger;
use crate::process;

/// The length of the thread's stack while its ledger is busy.
///
/// PERF: so a call finds out by the comparison that it makes anyway. With a word of its own it took two
/// instructions more.
const BUSY: i64 = 1;

/// While it lives, the ledger is busy.
#[derive(Debug)]
pub(crate) struct Busy<'a> {
    ledger: &'a Ledger,
    length: i64,
}

impl Drop for Busy<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        self.ledger.end_work(self.length);
    }
}

impl Ledger {
    /// `None` in a handler that has interrupted such work.
    #[inline(always)]
    pub(crate) fn begin_work(&self) -> Option<Busy<'_>> {
        if self.is_busy() {
            return None;
        }
        Some(Busy { ledger: self, length: self.set_busy() })
    }

    #[inline(always)]
    pub(in crate::record) fn is_busy(&self) -> bool {
        self.stack_length.get() == BUSY
    }

    /// Begins changes that belong together. Pass the returned value to [`Self::end_work`].
    #[inline(always)]
    #[must_use]
    pub(in crate::record) fn set_busy(&self) -> i64 {
        let length = self.stack_length.get();
        self.stack_length.set(BUSY);
        compiler_fence(SeqCst);
        length
    }

    #[inline(always)]
    pub(in crate::record) fn end_work(&self, length: i64) {
        compiler_fence(SeqCst);
        self.stack_length.set(length);
        #[cfg(test)]
        if length != BUSY {
            self.check_invariants();
        }
    }

    /// Whether the running code is on the stack of the thread, as far as that is known.
    #[inline(always)]
    pub(in crate::record) fn is_on_stack(&self) -> bool {
        let place = process::stack_pointer() as i64;
        place.wrapping_sub(self.stack_start.get()) as u64 <= self.stack_length.get() as u64
    }

    /// Asks the system for the stack of the thread, which calls this, if it is not known. Not while the ledger
    /// is busy.
    pub(crate) fn find_stack(&self) {
        if self.stack_length.get() == 0 {
            // If it is not known, every address counts as its own.
            let own = process::own_stack().unwrap_or(0..usize::MAX);
            self.stack_start.set(own.start as i64);
            self.stack_length.set((own.end - own.start) as i64);
        }
    }

    /// The stack is another one: the record has another thread.
    pub(super) fn forget_stack(&self) {
        self.stack_length.set(0);
    }
}
