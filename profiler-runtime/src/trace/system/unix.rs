//! Address space on Unix.

use std::ptr;

use super::PAGE;

/// Puts back `errno`: a free leaves it as it was.
struct Errno(i32);

#[cfg(any(target_os = "linux", target_os = "android"))]
fn errno() -> *mut i32 {
    // SAFETY: always valid for the calling thread.
    #[cfg(target_os = "linux")]
    return unsafe { libc::__errno_location() };
    #[cfg(target_os = "android")]
    return unsafe { libc::__errno() };
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn errno() -> *mut i32 {
    // SAFETY: always valid for the calling thread.
    unsafe { libc::__error() }
}

impl Errno {
    fn keep() -> Self {
        // SAFETY: the location is valid for the calling thread.
        Self(unsafe { *errno() })
    }
}

impl Drop for Errno {
    fn drop(&mut self) {
        // SAFETY: the location is valid for the calling thread.
        unsafe { *errno() = self.0 };
    }
}

/// Zeroed address space that costs memory only where it is written; null when there is none.
pub(crate) fn reserve(bytes: usize) -> *mut u8 {
    let _errno = Errno::keep();
    let flags = libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_NORESERVE;
    let access = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: a new mapping at an address that the system chooses.
    let start = unsafe { libc::mmap(ptr::null_mut(), bytes, access, flags, -1, 0) };
    if start == libc::MAP_FAILED {
        return ptr::null_mut();
    }
    #[cfg(target_os = "linux")]
    // SAFETY: the mapping is ours. A huge page would be written as a whole for one word.
    unsafe {
        libc::madvise(start, bytes, libc::MADV_NOHUGEPAGE)
    };
    start.cast()
}

/// Gives address space of [`reserve`] back.
///
/// # Safety
/// Nothing refers to it any more.
pub(crate) unsafe fn release(start: *mut u8, bytes: usize) {
    let _errno = Errno::keep();
    // SAFETY: the caller's promise.
    unsafe { libc::munmap(start.cast(), bytes) };
}

/// Makes address space of [`reserve`] zero again, and gives its memory back.
///
/// # Safety
/// Only atomics and plain data lie there, whose zero is valid.
pub(crate) unsafe fn wipe(start: *mut u8, bytes: usize) {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_NORESERVE | libc::MAP_FIXED;
    let access = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: the range was reserved as a whole; fresh zeroes take its place in one step.
    unsafe { libc::mmap(start.cast(), bytes, access, flags, -1, 0) };
    #[cfg(target_os = "linux")]
    // SAFETY: as in `reserve`.
    unsafe {
        libc::madvise(start.cast(), bytes, libc::MADV_NOHUGEPAGE)
    };
}

/// Which of the pages from `start` on take memory: one flag for each element of `pages`.
pub(crate) fn is_resident(start: usize, pages: &mut [u8]) -> bool {
    // SAFETY: the answer is written to `pages`, one byte a page; the range is only looked at.
    unsafe { libc::mincore(start as *mut _, pages.len() * PAGE, pages.as_mut_ptr().cast()) == 0 }
}

/// Has `callback` run in every child that is forked.
pub(crate) fn on_fork(callback: unsafe extern "C" fn()) -> bool {
    // SAFETY: the callback takes nothing and lives as long as the program.
    unsafe { libc::pthread_atfork(None, None, Some(callback)) == 0 }
}
