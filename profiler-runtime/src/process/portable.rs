//! Memory of this process on systems other than Linux.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io;
use std::ptr::NonNull;
use std::sync::OnceLock;
use std::time::Instant;

use super::contract;

pub(super) fn rss() -> Option<u64> {
    memory_stats::memory_stats().map(|stats| stats.physical_mem as u64)
}

pub(super) fn resident_and_files() -> Option<[u64; 2]> {
    None
}

pub(super) fn resident_bytes(_start: NonNull<u8>, _bytes: usize) -> Option<usize> {
    None
}

pub(super) fn map(bytes: usize) -> Option<NonNull<u8>> {
    const PAGE: usize = 4096;
    let layout = Layout::from_size_align(bytes, PAGE).ok().filter(|layout| layout.size() > 0)?;
    // SAFETY: the layout is not empty. `System` is called directly, past all counting.
    NonNull::new(unsafe { System.alloc_zeroed(layout) })
}

pub(super) fn reserve(bytes: usize) -> Option<NonNull<u8>> {
    map(bytes)
}

pub(super) fn coarse_nanoseconds() -> Option<i64> {
    None
}

pub(super) fn steady_nanoseconds() -> Option<i64> {
    static FIRST: OnceLock<Instant> = OnceLock::new();
    let passed = FIRST.get_or_init(Instant::now).elapsed().as_nanos();
    Some(i64::try_from(passed).unwrap_or(i64::MAX - 1) + 1)
}

pub(super) fn populate(_start: NonNull<u8>, _bytes: usize) {}

pub(super) fn rss_of(pid: u32) -> io::Result<u64> {
    if pid == contract::id() { rss().ok_or_else(unsupported) } else { Err(unsupported()) }
}

pub(super) fn resident_peak() -> Option<u64> {
    None
}

#[cfg(feature = "account")]
pub(super) fn resident_pages(_range: std::ops::Range<u64>) -> Option<Vec<std::ops::Range<u64>>> {
    None
}

pub(super) fn children_of(_pid: u32) -> io::Result<Vec<u32>> {
    Err(unsupported())
}

fn unsupported() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "memory of other processes is read on Linux only")
}
