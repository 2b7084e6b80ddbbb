//! The tracer: every allocation of the whole program by call stack, in the words of Python's
//! `tracemalloc`.
//!
//! ```
//! use mem_profile_runtime::trace::{self, Config};
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
//! | `hook` | what the allocator calls: **hot** |
//! | `unwind` | who called it: **hot** |
//! | `shadow`, `tree`, `counters`, `peak`, `sample`, `lots` | the books: **hot** |
//! | `state`, `table`, `areas` | where they lie |
//! | `system` | what the operating system is asked for |
//! | `config`, `control` | starting, stopping |
//! | `collect`, `data`, `snapshot` | the books as plain data |
//! | `symbols`, `running`, `frame`, `build_id`, `own` | names for addresses, and whose they are without |
//! | `report` | one renderer per file |
//! | `at_exit` | `MEM_PROFILE_TRACE=1` |
//! | `group`, `statistic`, `filter`, `growth`, `notes` | the questions |
//! | `live` | the one question of the line profiler |
//!
//! What is hot never allocates, locks, panics, formats, or waits.

mod areas;
mod at_exit;
mod build_id;
mod collect;
mod config;
mod control;
mod counters;
mod data;
mod filter;
mod frame;
mod group;
mod growth;
mod hook;
mod live;
mod lots;
mod notes;
mod own;
mod peak;
mod report;
#[cfg(all(windows, target_env = "msvc"))]
mod running;
#[cfg(not(all(windows, target_env = "msvc")))]
#[path = "not_running.rs"]
mod running;
mod sample;
mod shadow;
mod snapshot;
mod state;
mod statistic;
mod symbols;
mod system;
mod table;
mod tree;
mod unwind;

pub(crate) use self::at_exit::before_main;
pub use self::config::{Config, StartError};
pub use self::control::{clear, is_tracing, overhead, reset_peak, start, stop, traced_memory};
pub use self::filter::Filter;
pub use self::frame::{Frame, Origin};
pub use self::growth::{Growth, growth};
pub(crate) use self::live::Live;
pub use self::report::Measure;
pub use self::snapshot::{Snapshot, snapshot, top, traceback_of};
pub use self::statistic::{By, Statistic};

/// Whether stacks are walked to their end each time, for tests.
#[doc(hidden)]
pub fn walk_in_full(full: bool) {
    unwind::walk_in_full(full);
}
