//! The figures of memory that cost next to nothing.

use crate::process;
use crate::record::ledger::threads;
use crate::record::memory::{arena, reserved};

/// The memory of this process at one moment, by figures that are always there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Brief {
    /// The resident set, in bytes.
    pub resident: u64,
    /// Bytes of live blocks, if the allocator counts them. Some may not be resident.
    pub live: Option<u64>,
    /// Of the resident set, pages of files and of shared memory, and so the code. Zero where the system does not say.
    pub files: u64,
    /// Of the resident set, the profiler's own memory.
    pub profiler: u64,
}

impl Brief {
    /// The resident set less all these: free memory, stacks, and what nobody counts. It is more where live blocks
    /// were never touched.
    #[must_use]
    pub fn rest(&self) -> Option<u64> {
        let parts = [self.live?, self.files, self.profiler];
        Some(parts.iter().fold(self.resident, |rest, &part| rest.saturating_sub(part)))
    }
}

/// Reads them, in microseconds; `None` where the system does not say. While other threads allocate, live bytes may be
/// off by 64 KiB for each.
///
/// On Linux it neither allocates nor locks, and leaves `errno` as it was: also for signal handlers.
#[must_use]
pub fn brief() -> Option<Brief> {
    // A Rust program has blocks before `main`: where none are counted, nobody counts.
    let live = u64::try_from(threads::live_bytes()).ok().filter(|&bytes| bytes > 0);
    let [resident, files, profiler] = match resident_set(false) {
        Some(set) => set,
        None => [process::rss()?, 0, 0],
    };
    Some(Brief { resident, live, files, profiler })
}

/// The resident set, its pages of files, and the profiler's own memory, on Linux. Unless `is_exact`, the map of live
/// blocks is counted in parts, one at a time.
pub(crate) fn resident_set(is_exact: bool) -> Option<[u64; 3]> {
    let [resident, files] = process::resident_and_files()?;
    let [outside, inside] = arena::resident_bytes().map(|bytes| bytes as u64);
    let profiler = outside + inside + reserved::resident_bytes(is_exact) as u64;
    // Pages of a recording are pages of a file.
    Some([resident, files.saturating_sub(inside), profiler])
}
