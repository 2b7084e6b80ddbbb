//! Nothing is captured here.

use std::ptr::NonNull;

#[inline(always)]
pub(crate) fn note_memory(_start: NonNull<u8>, _bytes: usize) {}

#[inline(always)]
pub(crate) fn forget_memory(_start: NonNull<u8>) {}

/// Stands for a thread's registration.
#[cfg_attr(not(unix), allow(dead_code, reason = "threads of the profiler are made on Unix"))]
pub(crate) struct OwnThread;

#[inline(always)]
#[cfg_attr(not(unix), allow(dead_code, reason = "threads of the profiler are made on Unix"))]
pub(crate) fn note_thread() -> OwnThread {
    OwnThread
}
