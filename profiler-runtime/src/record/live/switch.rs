//! Live blocks are recorded from some moment on.

use super::{blocks, paths};
use crate::record::fork;
use crate::record::ledger::notes;
use crate::record::ledger::thread::Thread;
use crate::record::ledger::threads;
use crate::record::memory::counter::Counter;
use crate::record::memory::{counters, mark};

/// Live blocks are recorded from now on. False when memory for that is out. Not for two threads at once.
pub(crate) fn begin() -> bool {
    let live = threads::live_bytes();
    if is_on() || !(blocks::reserve(live) && paths::reserve() && mark::begin(live)) {
        return is_on();
    }
    fork::watch();
    notes::record_live(threads::all().map(Thread::heap));
    true
}

/// Whether live blocks are recorded.
pub(crate) fn is_on() -> bool {
    notes::records_live()
}

/// Forgets what was requested, and the highest mark.
pub(crate) fn reset() {
    if is_on() {
        counters::all().for_each(Counter::clear_requests);
        mark::restart(threads::live_bytes());
    }
}

/// The figures are about to be read.
pub(crate) fn note_now() {
    mark::note_now();
}
