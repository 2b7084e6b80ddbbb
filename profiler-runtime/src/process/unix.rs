//! Thread ends, writes and terminals on Unix.

use std::ffi::c_void;
use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, FromRawFd, RawFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::Relaxed};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::contract::{Stream, ThreadExit};

const NO_KEY: usize = 0;

/// How long a write waits for a reader that does not keep up.
const PATIENCE_MILLISECONDS: i32 = 1000;
/// How long the end of a program waits for somebody who opens a pipe to read it.
const PATIENCE: Duration = Duration::from_secs(10);

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

#[cfg(feature = "monitor")]
pub(super) fn lock_file(file: &std::fs::File) -> io::Result<bool> {
    use std::os::fd::AsRawFd;

    // SAFETY: zeroes are valid, and stand for the whole file.
    let mut lock: libc::flock = unsafe { std::mem::zeroed() };
    lock.l_type = libc::F_WRLCK as _;
    lock.l_whence = libc::SEEK_SET as _;
    // SAFETY: the descriptor is open, and `lock` is read only.
    if unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLK, &raw const lock) } == 0 {
        return Ok(true);
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error() {
        Some(libc::EAGAIN | libc::EACCES) => Ok(false),
        _ => Err(error),
    }
}

/// How many forks have led here, from the first call on.
pub(super) fn forks() -> u32 {
    static FORKS: AtomicU32 = AtomicU32::new(0);
    static COUNTS: AtomicBool = AtomicBool::new(false);
    unsafe extern "C" fn count() {
        FORKS.fetch_add(1, Relaxed);
    }
    if !COUNTS.swap(true, Relaxed) {
        // SAFETY: the handler adds to an atomic.
        unsafe { libc::pthread_atfork(None, None, Some(count)) };
    }
    FORKS.load(Relaxed)
}

fn descriptor(stream: Stream) -> RawFd {
    match stream {
        Stream::Stdout => libc::STDOUT_FILENO,
        Stream::Stderr => libc::STDERR_FILENO,
    }
}

pub(super) fn write_all(stream: Stream, bytes: &[u8]) -> io::Result<()> {
    write_through(&borrowed(descriptor(stream)), bytes)
}

pub(super) fn write_to(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_through(&open(path)?, bytes)
}

/// Opens what is at `path`, or makes a file. A file that the program itself writes to, such as
/// `/dev/stdout`, must not lose what is in it.
fn open(path: &Path) -> io::Result<File> {
    let Ok(found) = fs::metadata(path) else { return File::create(path) };
    if let Some(descriptor) = descriptor_of(path, &found) {
        return borrowed(descriptor).try_clone();
    }
    if found.file_type().is_fifo() { open_pipe(path) } else { File::create(path) }
}

/// The program's own descriptor behind `path`, if there is one.
fn descriptor_of(path: &Path, found: &Metadata) -> Option<RawFd> {
    let is_behind = |descriptor: &RawFd| {
        let own = borrowed(*descriptor).metadata();
        own.is_ok_and(|own| (own.dev(), own.ino()) == (found.dev(), found.ino()))
    };
    let standard = [libc::STDOUT_FILENO, libc::STDERR_FILENO].into_iter().find(is_behind);
    // `/dev/fd/3`, `/proc/self/fd/3`
    let named = || {
        let folder = fs::canonicalize(path.parent()?).ok()?;
        let is_own = ["/dev/fd", "/proc/self/fd"]
            .iter()
            .any(|own| fs::canonicalize(own).is_ok_and(|own| own == folder));
        path.file_name().filter(|_| is_own)?.to_str()?.parse().ok()
    };
    standard.or_else(named)
}

/// Opens a pipe, for which somebody has to read it.
fn open_pipe(path: &Path) -> io::Result<File> {
    let start = Instant::now();
    loop {
        let pipe = File::options().write(true).custom_flags(libc::O_NONBLOCK).open(path);
        match pipe {
            Err(error) if error.raw_os_error() == Some(libc::ENXIO) => {
                if start.elapsed() > PATIENCE {
                    return Err(io::Error::new(io::ErrorKind::TimedOut, "nobody reads the pipe"));
                }
                sleep(Duration::from_millis(10));
            }
            pipe => return pipe,
        }
    }
}

/// It is never closed. Where it is not open, nothing can be done with it.
fn borrowed(descriptor: RawFd) -> ManuallyDrop<File> {
    // SAFETY: a number that is not open only makes calls fail, and it is not closed.
    ManuallyDrop::new(unsafe { File::from_raw_fd(descriptor) })
}

fn write_through(mut file: &File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                wait_for_reader(file.as_raw_fd(), error)?;
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
