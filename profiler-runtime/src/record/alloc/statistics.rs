//! The functions that answer for a wrapped allocator. Only an account calls them, never the allocator.

use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

/// The answers of an allocator.
#[derive(Debug)]
#[cfg_attr(not(feature = "account"), expect(dead_code, reason = "only an account asks"))]
pub(crate) struct StatisticsTable {
    pub(crate) in_use: fn() -> Option<u64>,
    pub(crate) size_class: fn(usize) -> usize,
}

/// Null until an allocator with statistics was called.
static FOUND: AtomicPtr<StatisticsTable> = AtomicPtr::new(ptr::null_mut());

/// An allocator was called, which has these statistics.
///
/// PERF: without statistics the compiler drops it, since the allocator is a constant of a `static`.
#[inline(always)]
pub(super) fn note(table: Option<&'static StatisticsTable>) {
    if let Some(table) = table {
        let table = ptr::from_ref(table).cast_mut();
        // Threads share the word: it is written once.
        if FOUND.load(Ordering::Relaxed) != table {
            FOUND.store(table, Ordering::Release);
        }
    }
}

/// The statistics of the allocator that was called last.
#[cfg(feature = "account")]
pub(crate) fn found() -> Option<&'static StatisticsTable> {
    // SAFETY: null or a static table.
    unsafe { FOUND.load(Ordering::Acquire).as_ref() }
}
