//! Lets a signal handler wake a thread. Unlike a pipe it has no descriptor, which programs close.

use std::cell::UnsafeCell;
use std::io;
#[cfg(feature = "graph")]
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A count that anybody may raise, also a signal handler, and a thread waits for.
pub(super) struct Semaphore(UnsafeCell<libc::sem_t>);

// SAFETY: the functions of the system that are called below are meant for many threads.
unsafe impl Sync for Semaphore {}

impl Semaphore {
    /// A semaphore at zero that is never freed: it must not move.
    pub(super) fn new() -> io::Result<&'static Self> {
        // SAFETY: plain data, which is filled in next.
        let semaphore = Self(UnsafeCell::new(unsafe { std::mem::zeroed() }));
        let semaphore = super::keep(semaphore).ok_or(io::ErrorKind::OutOfMemory)?;
        // SAFETY: the memory is ours and stays where it is.
        let status = unsafe { libc::sem_init(semaphore.0.get(), 0, 0) };
        if status == 0 { Ok(semaphore) } else { Err(io::Error::last_os_error()) }
    }

    /// Raises it by one, and returns whether that worked. Safe in signal handlers.
    pub(super) fn raise(&self) -> bool {
        // SAFETY: `new` has made it.
        unsafe { libc::sem_post(self.0.get()) == 0 }
    }

    /// Waits until it is above zero, and lowers it by one. False where that cannot be.
    pub(super) fn wait(&self) -> bool {
        loop {
            // SAFETY: `new` has made it.
            if unsafe { libc::sem_wait(self.0.get()) } == 0 {
                return true;
            }
            if io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
                return false;
            }
        }
    }

    /// The same for at most this long. False also where the time is over.
    #[cfg(feature = "graph")]
    pub(super) fn wait_for(&self, time: Duration) -> bool {
        let end = SystemTime::now().checked_add(time).unwrap_or(UNIX_EPOCH);
        let end = end.duration_since(UNIX_EPOCH).unwrap_or_default();
        let end = libc::timespec { tv_sec: end.as_secs() as _, tv_nsec: end.subsec_nanos() as _ };
        loop {
            // SAFETY: `new` has made it, and the time is whole.
            if unsafe { libc::sem_timedwait(self.0.get(), &end) } == 0 {
                return true;
            }
            if io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
                return false;
            }
        }
    }
}
