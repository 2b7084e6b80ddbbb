//! The runtime of `mem-profile`: what annotated functions call,
//! the counting allocator, and the reports. Users name the facade crate, not this one.
//!
//! | folder or file | what it does |
//! |---|---|
//! | `record` | the hot half: line events, counters, allocator |
//! | `process` | what only the operating system knows |
//! | `collect` | counters → bytes of a recording |
//! | `session` | options, environment, where a report goes, the end of the process |
//! | `control`, `timeline` | what a program may call |
//! | `before_main` | what begins with the program |
//! | `budget` | what a call may take at most |
//! | [`account`](mod@account) | what the resident set is made of |
//! | `brief` | its figures that cost next to nothing |
//! | `traced` | what the tracer knows of live blocks |
//! | `holders` | what lines hold, without allocating |
//! | `usage` | [`memory_usage`]: samples over time |
//! | `internal` | what the tracer, a crate of its own, needs of all this |
//!
//! Without the feature `enabled` all of it is replaced by `disabled`: the same names, which do
//! nothing and depend on plain data alone.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(clippy::print_stdout, clippy::print_stderr)]

// First, for its macro.
#[macro_use]
mod forward;

mod usage;

pub use self::usage::{MemoryUsage, MemoryUsageOptions, Sample, memory_usage};
pub use mem_profile_format::{
    Backend, Call, CallPath, CallPaths, Division, FunctionSnapshot, Held, Label, LineSnapshot,
    OwnLine, ProcessPeak, Reading, ResidentSet, RowKind, SCHEMA_VERSION, Snapshot, Span, Timeline,
};

/// The resident set of this process by its use: classes that add up, and the lines that keep free pages.
#[cfg(feature = "account")]
pub mod account;
#[cfg(all(feature = "enabled", any(unix, windows)))]
mod before_main;
#[cfg(feature = "enabled")]
mod brief;
#[cfg(feature = "enabled")]
mod budget;
#[cfg(feature = "enabled")]
mod collect;
#[cfg(feature = "enabled")]
mod control;
#[cfg(feature = "monitor")]
mod holders;
#[cfg(feature = "enabled")]
#[doc(hidden)]
pub mod internal;
#[cfg(feature = "enabled")]
mod process;
#[cfg(feature = "enabled")]
mod record;
/// Recordings: what a run leaves behind in a file, however it ended.
#[cfg(feature = "enabled")]
pub mod recording {
    pub use mem_profile_format::recording::{
        LARGEST, Reason, Recording, RecordingError, State, VERSION,
    };
}
#[cfg(feature = "enabled")]
mod session;
#[cfg(feature = "enabled")]
mod timeline;
#[cfg(feature = "enabled")]
mod traced;

#[cfg(feature = "account")]
pub use self::account::account;
#[cfg(feature = "enabled")]
pub use self::control::{record_to, report, reset, snapshot};
#[cfg(feature = "enabled")]
pub use self::record::alloc::allocator::Alloc;
#[cfg(feature = "enabled")]
pub use self::timeline::{Timestamp, record_timeline, timestamp};

#[cfg(not(feature = "enabled"))]
mod disabled;
#[cfg(not(feature = "enabled"))]
pub use self::disabled::{
    Alloc, Timestamp, record_timeline, record_to, report, reset, snapshot, timestamp,
};

/// The items that emitted code names. Not for people: they may change with any release.
#[cfg(feature = "enabled")]
#[doc(hidden)]
pub mod __private {
    pub use crate::budget::{Limits, block_budget, function_budget, task_within};
    pub use crate::control::START;
    pub use crate::record::alloc::borrowed::Borrowed;
    pub use crate::record::frame::body::{Body, BodyEnd, BodyScope};
    pub use crate::record::frame::frame::{End, Frame, Scope};
    pub use crate::record::frame::task::{Task, task, task_call};
    pub use crate::record::function::table::Table;
}
