//! The tracer: every allocation of the whole program by call stack, in the words of Python's
//! `tracemalloc`.
//!
//! ```
//! use mem_profile_trace::{self as trace, Config};
//!
//! #[global_allocator]
//! static ALLOC: mem_profile_runtime::Alloc = mem_profile_runtime::Alloc::new();
//!
//! trace::start(Config::exact())?;
//! let before = trace::snapshot();
//! let kept: Vec<String> = (0..1000).map(|number| number.to_string()).collect();
//! for statistic in trace::top(&before, 5) {
//!     println!("{statistic}"); // src/main.rs:9: size=… (+…), count=1001 (+1001), average=…
//! }
//! # drop(kept);
//! # Ok::<(), trace::StartError>(())
//! ```
//!
//! | folder or file | what it holds |
//! |---|---|
//! | `system` | what the operating system is asked for |
//! | `tables` | the figures: **hot** |
//! | `unwind` | who called the allocator: **hot** |
//! | `hook` | what the allocator calls: **hot** |
//! | `capture` | starting, stopping, and the tables as plain data |
//! | `data` | that plain data |
//! | `names` | names for addresses |
//! | `query` | snapshots, and the questions that they answer |
//! | `report` | one renderer per file |
//! | `graph` | captures of the heap |
//! | `live` | live memory by stack, without allocating |
//! | `at_exit` | `MEM_PROFILE_TRACE=1` |
//!
//! Hot code never allocates, locks, panics, formats, or waits.

mod at_exit;
mod capture;
mod data;
#[cfg(feature = "graph")]
#[cfg_attr(docsrs, doc(cfg(feature = "graph")))]
pub mod graph;
mod hook;
#[doc(hidden)]
pub mod live;
mod names;
mod query;
mod report;
mod system;
mod tables;
mod unwind;

pub use self::at_exit::start;
pub use self::capture::config::{Config, StartError};
pub use self::capture::control::{clear, is_tracing, overhead, reset_peak, stop, traced_memory};
pub use self::query::filter::Filter;
pub use self::query::growth::{Growth, growth};
pub use self::query::snapshot::Snapshot;
pub use self::query::statistic::{By, Statistic};
pub use self::query::take::{snapshot, top, traceback_of};
pub use self::report::Measure;
#[cfg(feature = "pprof")]
#[cfg_attr(docsrs, doc(cfg(feature = "pprof")))]
pub use self::report::PprofFrames;
pub use mem_profile_names::{Frame, Origin};

/// Whether stacks are walked to their end each time, for tests.
#[doc(hidden)]
pub fn walk_in_full(full: bool) {
    unwind::walk_in_full(full);
}

/// Address and size of each traced block that is alive, by their addresses, for tests.
#[doc(hidden)]
pub fn blocks() -> impl Iterator<Item = (usize, usize)> {
    tables::shadow::each().map(|block| (block.address, block.size))
}

/// From how many stacks on recursion is folded, for tests.
#[doc(hidden)]
pub fn fold_above(stacks: usize) {
    unwind::fold_above(stacks);
}
