//! Thread ends, raw writes and terminals on Unix.

use std::ffi::c_void;
use std::fs::File;
use std::io::{self, Write};
use std::mem::ManuallyDrop;
use std::os::fd::{FromRawFd, RawFd};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::{Stream, ThreadExit};

const NO_KEY: usize = 0;

/// How long a write waits for a reader that does not keep up.
const PATIENCE_MILLISECONDS: i32 = 1000;

/// The thread-specific key plus one, since zero is a valid key.
static KEY: AtomicUsize = AtomicUsize::new(NO_KEY);

pub(super) fn on_thread_exit(callback: ThreadExit) -> bool {
    if KEY.load(Relaxed) != NO_KEY {
        return true;
    }
    let mut key: libc::pthread_key_t = 0;
    // SAFETY: the key is writable; the callback takes whatever `arm` was given.
    if unsafe { libc::pthread_key_create(&mut key, Some(callback)) } != 0 {
        return false;
    }
    if KEY.compare_exchange(NO_KEY, key as usize + 1, Relaxed, Relaxed).is_err() {
        // SAFETY: the key is ours and was never published; another thread came first.
        unsafe { libc::pthread_key_delete(key) };
    }
    true
}

pub(super) fn arm(pointer: *mut c_void) -> bool {
    let Some(key) = KEY.load(Relaxed).checked_sub(1) else { return false };
    // SAFETY: the key was created by us; the value is only handed back to the callback.
    unsafe { libc::pthread_setspecific(key as libc::pthread_key_t, pointer) == 0 }
}

pub(super) fn disarm_all() {
    if let Some(key) = KEY.swap(NO_KEY, Relaxed).checked_sub(1) {
        // SAFETY: the swap makes us the only one to delete this key.
        unsafe { libc::pthread_key_delete(key as libc::pthread_key_t) };
    }
}

pub(super) fn at_exit(callback: extern "C" fn()) -> bool {
    // SAFETY: the callback has the required type and never unwinds, as `extern "C"` guarantees.
    unsafe { libc::atexit(callback) == 0 }
}

fn descriptor(stream: Stream) -> RawFd {
    match stream {
        Stream::Stdout => libc::STDOUT_FILENO,
        Stream::Stderr => libc::STDERR_FILENO,
    }
}

pub(super) fn write_all(stream: Stream, mut bytes: &[u8]) -> io::Result<()> {
    let descriptor = descriptor(stream);
    // SAFETY: the descriptor is only borrowed, never closed; a closed one makes the write fail.
    let mut file = ManuallyDrop::new(unsafe { File::from_raw_fd(descriptor) });
    while !bytes.is_empty() {
        match file.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                wait_for_reader(descriptor, error)?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Waits until a non-blocking descriptor takes more, and gives up with `reason`.
fn wait_for_reader(descriptor: RawFd, reason: io::Error) -> io::Result<()> {
    let mut wanted = libc::pollfd { fd: descriptor, events: libc::POLLOUT, revents: 0 };
    // SAFETY: one valid entry is passed.
    let ready = unsafe { libc::poll(&mut wanted, 1, PATIENCE_MILLISECONDS) };
    if ready > 0 { Ok(()) } else { Err(reason) }
}

pub(super) fn terminal_width(stream: Stream) -> Option<usize> {
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: this request fills in a `winsize`; the type of its number differs between systems.
    let status = unsafe { libc::ioctl(descriptor(stream), libc::TIOCGWINSZ as _, &mut size) };
    (status == 0 && size.ws_col > 0).then_some(usize::from(size.ws_col))
}
