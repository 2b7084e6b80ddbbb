//! Sockets that a forked child does not keep: on a port that only its parent answers, clients would wait, and nobody
//! else could listen.

use std::net::TcpListener;

/// A socket that each child closes at once that is forked. To be dropped before the socket is closed, since its number
/// may be that of another file then.
#[derive(Debug)]
pub struct OwnSocket(#[cfg(unix)] std::os::fd::RawFd);

#[cfg(unix)]
impl OwnSocket {
    /// With more than 16 at a time, children keep the rest.
    pub fn new(socket: &TcpListener) -> Self {
        use std::os::fd::AsRawFd;

        let number = socket.as_raw_fd();
        unix::watch_forks();
        unix::replace(unix::NONE, number);
        Self(number)
    }

    /// No child closes it from now on.
    pub fn release(&self) {
        unix::replace(self.0, unix::NONE);
    }
}

#[cfg(not(unix))]
impl OwnSocket {
    /// Nothing is forked here.
    pub fn new(_socket: &TcpListener) -> Self {
        Self()
    }

    /// Nothing is forked here.
    pub fn release(&self) {}
}

impl Drop for OwnSocket {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(unix)]
mod unix {
    use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::Relaxed};

    pub(super) const NONE: i32 = -1;
    const MOST: usize = 16;

    static SOCKETS: [AtomicI32; MOST] = [const { AtomicI32::new(NONE) }; MOST];

    pub(super) fn replace(old: i32, new: i32) {
        SOCKETS.iter().any(|it| it.compare_exchange(old, new, Relaxed, Relaxed).is_ok());
    }

    pub(super) fn watch_forks() {
        static WATCHES: AtomicBool = AtomicBool::new(false);
        if !WATCHES.swap(true, Relaxed) {
            // SAFETY: the handler makes system calls and stores to atomics.
            unsafe { libc::pthread_atfork(None, None, Some(close_all)) };
        }
    }

    unsafe extern "C" fn close_all() {
        for socket in &SOCKETS {
            let number = socket.swap(NONE, Relaxed);
            if number != NONE {
                // SAFETY: the child's own, which nobody in it uses: its parent's thread does.
                unsafe { libc::close(number) };
            }
        }
    }
}
