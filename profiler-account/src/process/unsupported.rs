//! Systems that do not say what a process has mapped.

use std::io::{self, ErrorKind};
use std::ops::Range;

use super::Reading;
use crate::outside::ReadMemory;

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

/// The page map of a process.
#[derive(Debug)]
pub enum PageMap {}

impl PageMap {
    /// Opens it: there is none here.
    #[must_use]
    pub fn open(_page: u64) -> Option<Self> {
        None
    }

    /// The same of another process.
    #[must_use]
    pub fn of(_process: u32, _page: u64) -> Option<Self> {
        None
    }

    /// Which pages are resident in a range.
    pub fn resident(&mut self, _range: Range<u64>) -> Option<Vec<Range<u64>>> {
        match *self {}
    }

    /// The same with pages that were only read, and with those that a child or a parent has as well.
    pub fn present(&mut self, _range: Range<u64>) -> Option<Vec<Range<u64>>> {
        match *self {}
    }
}

/// The memory of another process.
#[derive(Debug)]
pub enum Memory {}

impl Memory {
    /// Opens the memory of a process.
    ///
    /// # Errors
    /// Always, on this system.
    pub fn open(_process: u32, _page: u64) -> io::Result<Self> {
        Err(io::Error::new(ErrorKind::Unsupported, UNSUPPORTED))
    }
}

impl ReadMemory for Memory {
    fn read(&mut self, _address: u64, _buffer: &mut [u8]) -> bool {
        match *self {}
    }

    fn written(&mut self, _range: Range<u64>) -> Option<Vec<Range<u64>>> {
        match *self {}
    }
}
