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

/// The page map of the own process.
#[derive(Debug)]
pub enum PageMap {}

impl PageMap {
    /// Opens it: there is none here.
    #[must_use]
    pub fn open(_page: u64) -> Option<Self> {
        None
    }

    /// Which pages are resident in a range.
    pub fn resident(&mut self, _range: Range<u64>) -> Option<Vec<Range<u64>>> {
        match *self {}
    }
}
