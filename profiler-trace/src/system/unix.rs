//! Address space on Unix.

use std::ptr;

use super::page::PAGE;

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

/// Whether the eight bytes can be read that `address` lies in, for which the system is asked: it reads
/// them as the signals of a change that it then refuses.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
#[allow(dead_code, reason = "only our own walk asks")]
pub(crate) fn is_readable(address: usize) -> bool {
    let place = (address & !7) as *const libc::sigset_t;
    if place.is_null() {
        // That would be a question about the signals.
        return false;
    }
    let refused = -1;
    let _errno = Errno::keep();
    #[cfg(not(target_vendor = "apple"))]
    // SAFETY: the system reads eight bytes, or says that they cannot be read; it changes nothing.
    let error = unsafe {
        let nothing = ptr::null_mut::<libc::sigset_t>();
        libc::syscall(libc::SYS_rt_sigprocmask, refused, place, nothing, 8_usize);
        *errno()
    };
    #[cfg(target_vendor = "apple")]
    // SAFETY: as above.
    let error = unsafe { libc::pthread_sigmask(refused, place, ptr::null_mut()) };
    error != libc::EFAULT
}

/// The system offers no such read here, so it is enough that the address is mapped.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
#[allow(dead_code, reason = "only our own walk asks")]
pub(crate) fn is_readable(address: usize) -> bool {
    is_resident(address & !(PAGE - 1), &mut [0])
}

/// Has `callback` run in every child that is forked.
pub(crate) fn on_fork(callback: unsafe extern "C" fn()) -> bool {
    // SAFETY: the callback takes nothing and lives as long as the program.
    unsafe { libc::pthread_atfork(None, None, Some(callback)) == 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_says_what_can_be_read() {
        let start = reserve(3 * PAGE);
        // SAFETY: the pages are ours.
        unsafe {
            assert_eq!(libc::munmap(start.add(2 * PAGE).cast(), PAGE), 0);
            assert_eq!(libc::mprotect(start.add(PAGE).cast(), PAGE, libc::PROT_NONE), 0);
            *errno() = libc::ENOENT;
        }
        let start = start.addr();
        let places = [0, PAGE - 1, PAGE, 2 * PAGE, 3 * PAGE - 1];
        assert_eq!(
            places.map(|place| is_readable(start + place)),
            [true, true, false, false, false]
        );
        assert_eq!([0, 1, 8, usize::MAX, 1 << 60].map(is_readable), [false; 5]);
        // SAFETY: the location is valid for this thread.
        assert_eq!(unsafe { *errno() }, libc::ENOENT);
        // SAFETY: the rest of it.
        unsafe { release(start as *mut u8, 2 * PAGE) };
    }
}
