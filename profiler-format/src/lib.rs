//! The contract of [`mem-profile`](https://docs.rs/mem-profile): the program that writes a recording and the
//! command that reads it both stand on this crate.
//!
//! It knows bytes and plain data. It makes no system calls but those of `std` that read a file, and has no
//! unsafe code.
//!
//! | folder or file | what it does |
//! |---|---|
//! | [`layout`] | where the words of a recording lie, as numbers |
//! | [`heap_layout`] | the same for a capture of the heap |
//! | [`recording`] | bytes of a recording → [`Snapshot`] |
//! | `snapshot` | plain data |
//! | [`report`] | [`Snapshot`] → text, one renderer per file |
//! | `filter` | [`FunctionFilter`]: which functions are measured or shown |
//! | [`glob`] | patterns over names |
//!
//! Without features it is the plain data alone, and depends on nothing.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod filter;
pub mod glob;
pub mod heap_layout;
#[cfg(feature = "recording")]
pub mod layout;
#[cfg(feature = "recording")]
pub mod recording;
#[cfg(feature = "report")]
pub mod report;
mod snapshot;

pub use self::filter::FunctionFilter;
pub use self::snapshot::{
    Backend, Call, CallPath, CallPaths, Division, FunctionSnapshot, Held, Label, LineSnapshot,
    OwnLine, ProcessPeak, Reading, ResidentSet, RowKind, SCHEMA_VERSION, Snapshot, Span, Timeline,
};
