//! A copy of the process with the calling thread alone.

use std::io;
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::time::{Duration, Instant};

use super::child::last_error;
use super::handler::{block_signals, restore_signals};

/// What [`Copy::make`] has led to.
#[derive(Debug)]
pub enum Copied {
    /// This is the copy.
    Here,
    /// This is the process that was copied.
    There(Copy),
}

/// The copy.
#[derive(Debug)]
pub struct Copy {
    number: i32,
    /// Becomes readable when the copy has ended; negative where the system has no such thing.
    end: i32,
}

/// How a copy has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this code.
    Exited(i32),
    /// By this signal.
    Killed(i32),
    /// The program has waited for it.
    Unknown,
    /// It was late, and is gone.
    Late,
}

impl Copy {
    /// Copies the process. The program learns nothing of it: no handlers run, and no signal is sent at the end.
    ///
    /// # Errors
    /// The error of the system.
    pub fn make() -> io::Result<Copied> {
        let mut end = -1_i32;
        let flags = libc::CLONE_PIDFD as usize;
        // SAFETY: without memory in common, and with no stack given, it is a fork.
        let number = unsafe {
            libc::syscall(libc::SYS_clone, flags, 0_usize, &raw mut end, 0_usize, 0_usize)
        };
        match number {
            -1 => Err(io::Error::from_raw_os_error(last_error())),
            0 => Ok(Copied::Here),
            number => Ok(Copied::There(Self { number: number as i32, end })),
        }
    }

    /// Waits until it has ended, by itself or because time is up.
    pub fn wait(self, patience: Duration) -> Ended {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(ended) = self.ended(libc::WNOHANG) {
                return ended;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                self.kill();
                self.ended(0);
                return Ended::Late;
            }
            self.poll(left);
        }
    }

    fn poll(&self, longest: Duration) {
        const USUAL: Duration = Duration::from_millis(10);
        let longest = if self.end < 0 { longest.min(USUAL) } else { longest };
        let milliseconds = longest.as_millis().clamp(1, 1 << 20) as i32;
        let mut end = libc::pollfd { fd: self.end, events: libc::POLLIN, revents: 0 };
        // SAFETY: one valid entry is passed.
        unsafe { libc::poll(&raw mut end, 1, milliseconds) };
    }

    fn kill(&self) {
        // SAFETY: neither call touches memory. Where its number alone is known, that is not used again before it
        // has been waited for.
        unsafe {
            match self.end {
                0.. => libc::syscall(libc::SYS_pidfd_send_signal, self.end, libc::SIGKILL, 0, 0),
                _ => libc::kill(self.number, libc::SIGKILL).into(),
            }
        };
    }

    fn ended(&self, flags: i32) -> Option<Ended> {
        let by_number = (libc::P_PID, self.number);
        let (mut kind, mut number) =
            if self.end < 0 { by_number } else { (libc::P_PIDFD, self.end) };
        // Without a signal at its end it is waited for by `__WALL`.
        let flags = flags | libc::WEXITED | libc::__WALL;
        loop {
            let mut information = MaybeUninit::<libc::siginfo_t>::zeroed();
            // SAFETY: the information is writable; zeroes are valid, and stay where it has not ended.
            let (result, information) = unsafe {
                let result = libc::waitid(kind, number as u32, information.as_mut_ptr(), flags);
                (result, information.assume_init())
            };
            // SAFETY: of a child that has ended, and else zero.
            let (ended, status) = unsafe { (information.si_pid(), information.si_status()) };
            return match (result, information.si_code) {
                (0, _) if ended == 0 => None,
                (0, libc::CLD_EXITED) => Some(Ended::Exited(status)),
                (0, _) => Some(Ended::Killed(status)),
                _ if last_error() == libc::EINTR => continue,
                // Linux 5.2 and 5.3 open such a descriptor, and do not wait by it.
                _ if last_error() == libc::EINVAL && kind == libc::P_PIDFD => {
                    (kind, number) = by_number;
                    continue;
                }
                _ => Some(Ended::Unknown),
            };
        }
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if self.end >= 0 {
            // SAFETY: it is ours.
            unsafe { libc::close(self.end) };
        }
    }
}

/// Memory that a copy and its original have in common, zeroes at first. It stays.
pub fn shared_memory(bytes: usize) -> io::Result<NonNull<u8>> {
    let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
    let access = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: a new mapping at an address that the system chooses.
    let start = unsafe { libc::mmap(std::ptr::null_mut(), bytes, access, flags, -1, 0) };
    if start == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    NonNull::new(start.cast()).ok_or_else(|| io::ErrorKind::OutOfMemory.into())
}

/// While it lives, no signal is delivered to the thread.
#[derive(Debug)]
pub struct SignalsBlocked(u64);

impl SignalsBlocked {
    /// Blocks all of them.
    pub fn begin() -> Self {
        Self(block_signals())
    }
}

impl Drop for SignalsBlocked {
    fn drop(&mut self) {
        restore_signals(self.0);
    }
}
