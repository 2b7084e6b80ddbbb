//! How to trace.

use std::fmt;

/// The allocations to trace, and how much to keep of them. `Config::default()` is exact.
///
/// ```
/// # use mem_profile_trace::Config;
/// let tests = Config::exact();
/// let production = Config::sampled(Config::USUAL_MEAN).frames(25);
/// # assert_ne!(tests, production);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    pub(crate) frames: usize,
    /// Zero for every block.
    pub(crate) mean_bytes: u64,
    pub(crate) temporary_within: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self::exact()
    }
}

impl Config {
    /// A mean that is good to begin a sample with, in bytes: 64 KiB.
    pub const USUAL_MEAN: u64 = 64 * 1024;

    /// Every block.
    #[must_use]
    pub const fn exact() -> Self {
        Self { frames: usize::MAX, mean_bytes: 0, temporary_within: 1 }
    }

    /// A sample: on average, one hit in this many bytes allocated ([`Config::USUAL_MEAN`] is a good
    /// start).
    ///
    /// All figures are estimates, without bias: a block of `s` bytes is taken with the chance
    /// `1 − e^(−s/mean)` and weighs the inverse of that. The relative error of a line that
    /// allocated `b` bytes is about `√(mean / b)`.
    #[must_use]
    pub const fn sampled(mean_bytes: u64) -> Self {
        Self { mean_bytes, ..Self::exact() }
    }

    /// Shows this many frames of each stack, the innermost ones, at least one. The profiler's own
    /// do not count.
    ///
    /// Fewer frames make reports smaller, not tracing cheaper: stacks are followed to their end in
    /// any case, so that a line of yours is found however far out it is.
    #[must_use]
    pub const fn frames(self, frames: usize) -> Self {
        Self { frames: if frames == 0 { 1 } else { frames }, ..self }
    }

    /// Counts a block as temporary when it is freed by its own thread before that has allocated
    /// this many more: 1 at first, 16 at most.
    #[must_use]
    pub const fn temporary_within(self, blocks: usize) -> Self {
        Self { temporary_within: blocks, ..self }
    }
}

/// Why tracing could not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartError {
    /// [`Alloc`](mem_profile_runtime::Alloc) is not the global allocator, so nothing is seen.
    AllocatorMissing,
    /// There is no address space for the tables.
    OutOfMemory,
    /// This system is not supported: it takes Unix or Windows, of 64 bits.
    Unsupported,
}

impl fmt::Display for StartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::AllocatorMissing => {
                "tracing needs `#[global_allocator] \
                 static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();`"
            }
            Self::OutOfMemory => "there is no address space for the tables of the tracer",
            Self::Unsupported => {
                "this system is not supported: tracing takes Unix or Windows, of 64 bits"
            }
        })
    }
}

impl std::error::Error for StartError {}
