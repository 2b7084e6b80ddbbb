//! The limits of a budget, and how long it waits.

use std::time::Duration;

/// The most that a call may take; `None` for no limit.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes held more after it than before.
    pub max_increment: Option<u64>,
    /// Bytes above those held before, at any moment.
    pub max_peak: Option<u64>,
    /// Blocks requested.
    pub max_allocations: Option<u64>,
    /// No block that was requested may be left.
    pub no_leak: bool,
    /// All threads and tasks are counted, and not the calling thread alone.
    pub process: bool,
}

/// How long a block is waited for that another thread may be about to free: one that has just sent its
/// result, or whose `thread::scope` has ended, still has its own start and handle to free.
pub(super) const PATIENCE: Duration = Duration::from_millis(500);
