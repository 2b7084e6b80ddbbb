//! What the files of the systems are written against.

use std::ffi::c_void;

/// What runs when a thread that was [armed](super::arm) ends; it gets the pointer given to it.
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
