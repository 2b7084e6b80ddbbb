//! The types that the file of each system uses.

use std::ffi::{CStr, c_void};
use std::sync::Arc;

/// Runs when a thread that was [armed](super::arm) ends, with the pointer that was given there.
pub(crate) type ThreadExit = unsafe extern "C" fn(*mut c_void);

/// A standard stream of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Number of this process.
pub fn id() -> u32 {
    std::process::id()
}

/// Work for a thread of the profiler, which others see as well.
pub trait Work: Send + Sync + 'static {
    /// The name of the thread, of at most 15 bytes.
    const NAME: &'static CStr;

    /// Does it, on the thread.
    fn run(self: Arc<Self>);
}
