//! Memory of this process on systems other than Linux.

use std::io;

pub(super) fn rss() -> Option<u64> {
    memory_stats::memory_stats().map(|stats| stats.physical_mem as u64)
}

pub(super) fn rss_of(pid: u32) -> io::Result<u64> {
    if pid == super::id() { rss().ok_or_else(unsupported) } else { Err(unsupported()) }
}

pub(super) fn children_of(_pid: u32) -> io::Result<Vec<u32>> {
    Err(unsupported())
}

fn unsupported() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "memory of other processes is read on Linux only")
}
