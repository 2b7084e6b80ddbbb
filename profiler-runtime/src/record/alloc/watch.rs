//! The watcher of every block that comes and goes.
//!
//! The tracer registers itself here; the line profiler does not know it. Without the feature `watch`,
//! which it switches on, nobody can, and the compiler drops the questions.
//!
//! PERF: beyond the system's own, an allocation and its free take 19 instructions without `watch` and 32
//! with it, while nobody watches (`counted` less `system` in the cost bench).

use crate::record::ledger::current::WATCHED;
use crate::record::ledger::stand_in::swap_ledger;
use crate::record::ledger::threads;
use crate::record::ledger::watched;

pub use crate::record::ledger::watcher::{Moved, Watcher};

/// From now on this one watches, or nobody: every block of every thread, until it says otherwise
/// for a thread.
pub fn watch(watcher: Option<&'static Watcher>) {
    watched::set(watcher, threads::all_ledgers());
}

/// Has this one watch the thread's allocations while `work` runs. None of them is recorded. Not for two
/// threads at once.
pub fn watched_by(watcher: &'static Watcher, work: fn()) {
    WATCHED.set_watcher(watcher);
    let resumed = swap_ledger(&WATCHED);
    work();
    swap_ledger(resumed);
}

/// Has `callback` run at the end of every thread that has allocated.
pub fn on_thread_end(callback: &'static fn()) {
    watched::on_thread_end(callback);
}
