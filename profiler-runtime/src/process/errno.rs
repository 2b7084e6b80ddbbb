//! `errno` stays as the program has it.

/// Puts back the caller's `errno`: probes sit between a user's system call and its error check.
pub(super) struct ErrnoGuard(i32);

impl ErrnoGuard {
    pub(super) fn new() -> Self {
        // SAFETY: the location is valid for the calling thread as long as that thread lives.
        Self(unsafe { *libc::__errno_location() })
    }
}

impl Drop for ErrnoGuard {
    fn drop(&mut self) {
        // SAFETY: as above; a guard never leaves the function, hence the thread, it was made in.
        unsafe { *libc::__errno_location() = self.0 };
    }
}
