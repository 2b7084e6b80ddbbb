//! The profiler's own allocations do not count.

use core::marker::PhantomData;

use crate::record::ledger::current::{QUIET, current_ledger};
use crate::record::ledger::ledger::Ledger;
use crate::record::ledger::stand_in::swap_ledger;

/// While it lives, no allocation or free of this thread is recorded, and annotated functions that it
/// calls are not measured.
#[derive(Debug)]
pub struct Quiet {
    resumed: &'static Ledger,
    /// The ledger is this thread's: the guard must not leave it.
    _stays: PhantomData<*const ()>,
}

impl Quiet {
    /// The thread is quiet from now on.
    pub fn enter() -> Self {
        Self { resumed: swap_ledger(&QUIET), _stays: PhantomData }
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        swap_ledger(self.resumed);
    }
}

impl Quiet {
    /// Runs `work` quietly.
    #[cfg(feature = "signals")]
    pub(crate) fn run(work: &mut dyn FnMut()) {
        let _quiet = Self::enter();
        work();
    }
}

/// Whether this thread is quiet.
pub(crate) fn is_on() -> bool {
    core::ptr::eq(current_ledger(), &QUIET)
}
