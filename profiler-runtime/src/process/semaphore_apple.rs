//! The same for Apple's systems, which have no such semaphores without a name.

use std::ffi::c_void;
use std::io;
use std::ptr::NonNull;

/// A count that anybody may raise, also a signal handler, and a thread waits for.
pub(super) struct Semaphore(NonNull<c_void>);

// SAFETY: the functions of the system that are called below are meant for many threads.
unsafe impl Sync for Semaphore {}

const FOREVER: u64 = !0;

unsafe extern "C" {
    fn dispatch_semaphore_create(value: isize) -> *mut c_void;
    fn dispatch_semaphore_signal(semaphore: *mut c_void) -> isize;
    fn dispatch_semaphore_wait(semaphore: *mut c_void, timeout: u64) -> isize;
}

impl Semaphore {
    /// A semaphore at zero that is never freed.
    pub(super) fn new() -> io::Result<&'static Self> {
        // SAFETY: takes any number that is not negative.
        let semaphore = NonNull::new(unsafe { dispatch_semaphore_create(0) });
        Ok(Box::leak(Box::new(Self(semaphore.ok_or(io::ErrorKind::OutOfMemory)?))))
    }

    /// Raises it by one, and returns whether that worked. Safe in signal handlers: an addition and a
    /// system call.
    pub(super) fn raise(&self) -> bool {
        // SAFETY: `new` has made it.
        unsafe { dispatch_semaphore_signal(self.0.as_ptr()) };
        true
    }

    /// Waits until it is above zero, and lowers it by one.
    pub(super) fn wait(&self) -> bool {
        // SAFETY: `new` has made it.
        unsafe { dispatch_semaphore_wait(self.0.as_ptr(), FOREVER) == 0 }
    }
}
