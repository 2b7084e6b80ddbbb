//! Line-by-line memory profiler: put `#[mem_profile]` on a function, run the program, and read
//! at exit where each **line**'s memory went.
//!
//! ```
//! use mem_profile::mem_profile;
//!
//! #[global_allocator]
//! static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();
//!
//! #[mem_profile]
//! fn squares() -> Vec<u64> {
//!     let numbers: Vec<u64> = (0..1000).collect();
//!     numbers.iter().map(|number| number * number).collect()
//! }
//!
//! fn main() {
//!     squares();
//! } // the table is printed here, on standard error
//! ```
//!
//! Without the allocator the same table shows the resident set of the process, page by page;
//! with it, exact bytes, peaks and numbers of allocations.
//!
//! Environment variables control the run: see `docs/settings.md` in the repository.

pub use mem_profile_macro::{assert_budget, mem_profile};
pub use mem_profile_runtime::{
    Alloc, Backend, Call, CallPath, CallPaths, Division, FunctionSnapshot, Held, Label,
    LineSnapshot, MemoryUsage, MemoryUsageOptions, OwnLine, ProcessPeak, Reading, ResidentSet,
    RowKind, SCHEMA_VERSION, Sample, Snapshot, Span, Timeline, Timestamp, memory_usage,
    record_timeline, record_to, report, reset, snapshot, timestamp,
};

#[cfg(doctest)]
mod documents;

#[cfg(feature = "account")]
pub use mem_profile_runtime::account;
#[cfg(feature = "enabled")]
pub use mem_profile_runtime::recording;
#[cfg(feature = "trace")]
pub use mem_profile_trace as trace;
#[cfg(feature = "graph")]
pub mod graph;
#[cfg(feature = "monitor")]
pub use mem_profile_monitor as monitor;

#[cfg(feature = "enabled")]
#[doc(hidden)]
pub use mem_profile_runtime::__private;
