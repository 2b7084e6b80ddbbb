//! Systems that do not say what a process has mapped.

use std::io::{self, ErrorKind};
use std::ops::Range;

use super::Reading;

const UNSUPPORTED: &str = "this system does not say what a resident set is made of: it takes Linux";

/// Reads a process.
///
/// # Errors
/// Always, on this system.
pub fn read(_process: u32) -> io::Result<Reading> {
    Err(io::Error::new(ErrorKind::Unsupported, UNSUPPORTED))
}

/// Reads the own process.
///
/// # Errors
/// As for [`read`].
pub fn read_self() -> io::Result<Reading> {
    read(0)
}

/// Which pages of the own process are resident in a range: nobody knows here.
#[must_use]
pub fn resident_pages(_range: Range<u64>) -> Option<Vec<Range<u64>>> {
    None
}
