//! The two figures of memory that cost next to nothing.

use crate::process;
use crate::record::ledger::threads;

/// The memory of this process at one moment, by figures that are always there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Brief {
    /// The resident set, in bytes.
    pub resident: u64,
    /// Bytes of live blocks, if the allocator counts them. Some may not be resident.
    pub live: Option<u64>,
}

impl Brief {
    /// The resident set less live blocks: free memory, code, stacks, and what nobody counts.
    #[must_use]
    pub fn rest(&self) -> Option<u64> {
        Some(self.resident.saturating_sub(self.live?))
    }
}

/// Reads both, in microseconds; `None` where the system does not say. While other threads allocate, live bytes may be
/// off by 64 KiB for each.
///
/// On Linux it neither allocates nor locks, and leaves `errno` as it was: also for signal handlers.
#[must_use]
pub fn brief() -> Option<Brief> {
    // A Rust program has blocks before `main`: where none are counted, nobody counts.
    let live = u64::try_from(threads::live_bytes()).ok().filter(|&bytes| bytes > 0);
    Some(Brief { resident: process::rss()?, live })
}
