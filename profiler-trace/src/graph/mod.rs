//! Captures of the heap: all blocks of the process at one moment, who allocated them, and the memory that leads to
//! them, as a file. `docs/mheap.md` describes it, and `mem-profile-graph` reads it.
//!
//! ```no_run
//! use mem_profile_trace::{self as trace, Config, graph};
//!
//! # #[global_allocator]
//! # static ALLOC: mem_profile_runtime::Alloc = mem_profile_runtime::Alloc::new();
//! trace::start(Config::exact())?;
//! // …
//! let captured = graph::capture("app.mheap")?;
//! println!("{} blocks, paused for {:?}", captured.blocks, captured.paused);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! All threads stop for as long as it takes to copy the process, which shares its memory with the copy. Then they go
//! on; the copy writes the file, and ends.
//!
//! | file or folder | what it does |
//! |---|---|
//! | `config`, `error` | what can be asked for, what can go wrong |
//! | `at_exit` | `MEM_PROFILE_GRAPH=app.mheap` |
//! | `control` | the order of the steps |
//! | `control/labels` | names that the program gives to blocks |
//! | `control/file` | the file appears when it is whole |
//! | `control/modules`, `control/prelude` | what is written down before the stop |
//! | `control/frozen` | all that runs in the copy |
//!
//! Nothing that measures depends on this folder.

mod at_exit;
mod config;
mod error;

#[cfg(all(
    target_os = "linux",
    target_arch = "x86_64",
    target_env = "gnu",
    target_pointer_width = "64"
))]
mod control;
#[cfg(not(all(
    target_os = "linux",
    target_arch = "x86_64",
    target_env = "gnu",
    target_pointer_width = "64"
)))]
#[path = "unsupported.rs"]
mod control;

use std::path::Path;

pub use self::config::{Captured, Config, Contents};
pub use self::error::CaptureError;

pub(crate) use self::control::{Occasion, listen};

/// Captures the heap of this process into a file, with the usual [`Config`].
///
/// The tracer has to run, for all blocks: blocks that are older than its start are not in the capture.
///
/// # Errors
/// See [`CaptureError`]. The program goes on as it was, and no file is left.
#[inline(never)]
pub fn capture(path: impl AsRef<Path>) -> Result<Captured, CaptureError> {
    control::capture(&Config::new(), path.as_ref())
}

/// The same, as the `config` says.
///
/// # Errors
/// As for [`capture`].
#[inline(never)]
pub fn capture_with(config: &Config, path: impl AsRef<Path>) -> Result<Captured, CaptureError> {
    control::capture(config, path.as_ref())
}

/// Names the block that holds a value: captures have `label` as its type. Returns false if no traced block holds it:
/// a value on the stack, in a static, older than the tracer, or in a sample.
///
/// The block of a `Vec` is that of its elements, so say `track(&*vec, …)`. A block has one label, the last one. It
/// keeps it until it is freed or reallocated, which makes another block. Reports of the tracer are as before.
///
/// ```
/// # use mem_profile_trace::{self as trace, Config, graph};
/// # #[global_allocator]
/// # static ALLOC: mem_profile_runtime::Alloc = mem_profile_runtime::Alloc::new();
/// trace::start(Config::exact())?;
/// let page = Box::new([0_u8; 4096]);
/// # if cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")) {
/// assert!(graph::track(&*page, "page of the cache"));
/// # }
/// # Ok::<(), trace::StartError>(())
/// ```
pub fn track<T: ?Sized>(value: &T, label: &'static str) -> bool {
    control::track(std::ptr::from_ref(value).addr(), label)
}
