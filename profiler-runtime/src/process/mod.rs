//! Requests to the operating system, with one file per system.
//!
//! This is the only folder that knows systems apart: everybody else calls what is exported here,
//! which exists everywhere and says so where a system cannot do it.

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod memory;
#[cfg(not(target_os = "linux"))]
#[path = "portable.rs"]
mod memory;
#[cfg(target_os = "linux")]
mod page_states;
#[cfg(target_os = "linux")]
mod statm;

// A recording is little-endian, and so is the memory that is part of one.
#[cfg(all(target_os = "linux", target_endian = "little"))]
mod backing;
#[cfg(not(all(target_os = "linux", target_endian = "little")))]
#[path = "backing_unsupported.rs"]
mod backing;

#[cfg(target_os = "linux")]
mod writer;
#[cfg(not(target_os = "linux"))]
#[path = "writer_unsupported.rs"]
mod writer;

#[cfg(target_os = "linux")]
#[path = "inspect_linux.rs"]
mod inspect;
#[cfg(not(target_os = "linux"))]
#[path = "inspect_unsupported.rs"]
mod inspect;

#[cfg(unix)]
#[path = "unix.rs"]
mod system;
#[cfg(windows)]
#[path = "windows.rs"]
mod system;
#[cfg(not(any(unix, windows)))]
#[path = "other.rs"]
mod system;

mod shared_threads;
#[cfg(unix)]
#[path = "thread_unix.rs"]
mod thread;
#[cfg(not(unix))]
#[path = "thread_portable.rs"]
mod thread;

#[cfg(all(unix, not(target_vendor = "apple"), any(feature = "signals", feature = "graph")))]
#[cfg_attr(not(feature = "signals"), allow(dead_code, reason = "captures are not made everywhere"))]
mod semaphore;
#[cfg(all(target_vendor = "apple", feature = "signals"))]
#[path = "semaphore_apple.rs"]
mod semaphore;
#[cfg(target_os = "linux")]
#[path = "stack_linux.rs"]
mod stack;
#[cfg(not(target_os = "linux"))]
#[path = "stack_unsupported.rs"]
mod stack;

#[cfg(all(unix, feature = "signals"))]
mod signals;
#[cfg(all(not(unix), feature = "signals"))]
#[path = "signals_unsupported.rs"]
mod signals;

#[cfg(all(
    feature = "graph",
    target_os = "linux",
    target_arch = "x86_64",
    target_env = "gnu",
    target_pointer_width = "64"
))]
pub(crate) mod capture;
#[cfg(not(all(
    feature = "graph",
    target_os = "linux",
    target_arch = "x86_64",
    target_env = "gnu",
    target_pointer_width = "64"
)))]
#[path = "capture_unsupported.rs"]
mod capture;

#[cfg(all(
    feature = "usdt",
    target_os = "linux",
    any(target_arch = "aarch64", target_arch = "x86_64"),
    target_pointer_width = "64"
))]
pub(crate) mod probes;

mod cleanup;
mod contract;
#[cfg(target_os = "linux")]
mod errno;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc;
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
#[path = "glibc_unsupported.rs"]
mod glibc;
#[cfg(feature = "monitor")]
mod inherited;
mod lasting;
mod loader;

// Elsewhere a library stays, or nobody says that it goes.
#[cfg(all(target_os = "linux", not(miri)))]
mod unloading;
#[cfg(not(all(target_os = "linux", not(miri))))]
#[path = "unloading_unsupported.rs"]
mod unloading;

use std::ffi::c_void;
use std::io::{self, IsTerminal};
use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) use self::backing::{Backing, Piece, is_alone, on_fork};
#[cfg(all(test, unix))]
pub(crate) use self::cleanup::disarm_all;
pub(crate) use self::cleanup::on_thread_exit;
pub use self::contract::{Stream, Work, id};
pub(crate) use self::glibc::in_use_and_heap_end;
#[cfg(feature = "monitor")]
pub use self::inherited::OwnSocket;
pub(crate) use self::inspect::{Memory, thread_local_words};
pub(crate) use self::lasting::{allocate as allocate_lasting, keep};
pub(crate) use self::shared_threads::shared_threads;
#[cfg(all(test, unix, feature = "signals"))]
pub(crate) use self::signals::stop_listening;
#[cfg(feature = "signals")]
pub(crate) use self::signals::{Request, listen, listeners};
pub use self::thread::Thread;
pub(crate) use self::thread::{spawn, spawn_shared};
pub use self::unloading::on_unload;

/// Whether the allocator of the system is glibc's.
pub(crate) const IS_GLIBC: bool = cfg!(all(target_os = "linux", target_env = "gnu"));
pub(crate) use self::writer::is_open_for_writing;
pub(crate) use mem_profile_format::recording::Identity;

/// This very process, which a forked child is not: also where it has the same number, as the first
/// process of a container inside a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lineage {
    id: u32,
    forks: u32,
}

impl Lineage {
    /// The process that calls.
    pub fn current() -> Self {
        Self { id: id(), forks: system::forks() }
    }
}

impl Stream {
    /// Whether somebody looks at the stream in a terminal.
    pub(crate) fn is_terminal(self) -> bool {
        match self {
            Self::Stdout => io::stdout().is_terminal(),
            Self::Stderr => io::stderr().is_terminal(),
        }
    }

    /// Columns of the terminal behind the stream; `None` for files and pipes.
    pub(crate) fn terminal_width(self) -> Option<usize> {
        system::terminal_width(self)
    }
}

/// Resident set of this process in bytes.
///
/// Never allocates, locks or panics on Linux, and leaves `errno` as it was. `None` where the
/// system gives no answer.
#[inline]
pub(crate) fn rss() -> Option<u64> {
    memory::rss()
}

/// The same, and of it the bytes of files and of shared memory; `None` where only the sum is known.
pub(crate) fn resident_and_files() -> Option<[u64; 2]> {
    memory::resident_and_files()
}

/// How many bytes of memory from [`reserve`] are resident; `None` where the system does not say. It neither
/// allocates nor locks, and leaves `errno` as it was.
pub(crate) fn resident_bytes(start: NonNull<u8>, bytes: usize) -> Option<usize> {
    memory::resident_bytes(start, bytes)
}

/// Which pages of a mapped range are resident, as ranges in order; `None` where the system does not say. On an old
/// Linux, pages of zeroes that were only read and pages in a cache are among them.
#[cfg(feature = "account")]
pub(crate) fn resident_pages(range: Range<u64>) -> Option<Vec<Range<u64>>> {
    memory::resident_pages(range)
}

/// Resident set of any process in bytes.
///
/// # Errors
/// `NotFound` if the process has ended, also while it waits to be reaped; `Unsupported` where only
/// Linux could tell.
pub(crate) fn rss_of(pid: u32) -> io::Result<u64> {
    memory::rss_of(pid)
}

/// Highest resident set of this process so far, in bytes; `None` where the system does not say. It allocates.
pub(crate) fn resident_peak() -> Option<u64> {
    memory::resident_peak()
}

/// Every process descending from `pid`, in no particular order.
///
/// # Errors
/// When the process list cannot be read; `Unsupported` on systems other than Linux.
pub(crate) fn children_of(pid: u32) -> io::Result<Vec<u32>> {
    memory::children_of(pid)
}

/// New memory of `bytes`, a multiple of the page size: zeroes that are given to nobody else, and
/// take room where they are written.
///
/// Passes no counting allocator, and leaves `errno` as it was on Linux. `None` when memory is out.
pub(crate) fn map_memory(bytes: usize) -> Option<NonNull<u8>> {
    memory::map(bytes).inspect(|&start| capture::note_memory(start, bytes))
}

/// The same for a table of which only a part may ever be written: no room is set aside for the rest.
pub(crate) fn reserve(bytes: usize) -> Option<NonNull<u8>> {
    memory::reserve(bytes).inspect(|&start| capture::note_memory(start, bytes))
}

/// Gives memory of [`map_memory`] or [`reserve`] back.
///
/// # Safety
/// Nothing refers to it any more.
pub(crate) unsafe fn unmap(start: NonNull<u8>, bytes: usize) {
    capture::forget_memory(start);
    // SAFETY: as the caller promises.
    unsafe { backing::unmap(start, bytes) };
}

/// Puts memory of [`map_memory`] at `source` in the place of that at `target`, in one step. Returns whether that
/// worked.
///
/// # Safety
/// Both are `bytes` of whole pages that are ours, and `source` has the contents of `target`.
pub(crate) unsafe fn replace(target: NonNull<u8>, source: NonNull<u8>, bytes: usize) -> bool {
    capture::forget_memory(source);
    // SAFETY: as the caller promises.
    let is_replaced = unsafe { backing::replace(target, source, bytes) };
    if is_replaced {
        capture::note_memory(target, bytes);
    }
    is_replaced
}

/// These whole pages of such memory, or of a file, will be written soon: where the system can, it gives
/// them room at once, and not one by one as they are. Leaves `errno` as it was.
pub(crate) fn populate(start: NonNull<u8>, bytes: usize) {
    memory::populate(start, bytes);
}

/// Addresses of the stack that the calling thread was started with; `None` where that is not known.
///
/// The first thread's may be longer: there it is the part which nothing else can take.
pub(crate) fn own_stack() -> Option<Range<usize>> {
    stack::own_stack()
}

/// Visits the frames that are running, the innermost first, by the address at which each has called the
/// next one. It ends early where a caller is not known.
pub(crate) fn callers(visit: &mut dyn FnMut(usize) -> ControlFlow<()>) {
    stack::callers(visit);
}

/// The lower end of the running code's stack: no address in use is lower.
#[inline(always)]
pub(crate) fn stack_pointer() -> usize {
    let place: usize;
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: copies a register.
    unsafe {
        core::arch::asm!("mov {}, rsp", out(reg) place, options(nomem, nostack, preserves_flags));
    }
    #[cfg(all(target_arch = "aarch64", not(miri)))]
    // SAFETY: copies a register.
    unsafe {
        core::arch::asm!("mov {}, sp", out(reg) place, options(nomem, nostack, preserves_flags));
    }
    #[cfg(any(miri, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
    {
        let variable = 0_u8;
        place = (&raw const variable).addr();
    }
    place
}

/// Nanoseconds since 1970.
pub(crate) fn nanoseconds() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_nanos()).unwrap_or(i64::MAX)
}

/// Nanoseconds on a clock that never goes back. Also for signal handlers.
pub(crate) fn steady_nanoseconds() -> i64 {
    memory::steady_nanoseconds().unwrap_or_else(nanoseconds)
}

/// Nanoseconds since one of these was called first, and one more. They never go back.
pub(crate) fn ticks() -> i64 {
    since_first(steady_nanoseconds())
}

/// The same, up to a few milliseconds too early, for less.
pub fn coarse_ticks() -> i64 {
    since_first(memory::coarse_nanoseconds().unwrap_or_else(steady_nanoseconds))
}

fn since_first(now: i64) -> i64 {
    static FIRST: AtomicI64 = AtomicI64::new(0);
    let first = match FIRST.load(Relaxed) {
        0 => FIRST.compare_exchange(0, now, Relaxed, Relaxed).map_or_else(|first| first, |_| now),
        first => first,
    };
    now.saturating_sub(first).max(0) + 1
}

/// This process.
pub(crate) fn identity() -> Identity {
    Identity::own(writer::unique())
}

/// Asks for the callback of [`on_thread_exit`] with `pointer` when the calling thread ends.
///
/// Arming again replaces the pointer; null disarms the thread. Returns whether that worked.
pub(crate) fn arm(pointer: *mut c_void) -> bool {
    system::arm(pointer)
}

/// Has `callback` run when the process ends by returning from `main` or by `exit`.
///
/// Not when it aborts or dies of a signal. Returns whether that worked.
pub fn at_exit(callback: extern "C" fn()) -> bool {
    system::at_exit(callback)
}

/// Locks a file until this process ends, or closes any of its descriptors of it; whether no other process had. A
/// forked child has no part in it. Elsewhere than on Unix nothing is locked.
///
/// # Errors
/// The error of the system: some file systems have no locks.
#[cfg(feature = "monitor")]
pub fn lock_file(file: &std::fs::File) -> io::Result<bool> {
    system::lock_file(file)
}

/// Writes `bytes` to what is at `path`, or to a new file. A regular file is emptied before, unless it is
/// one that the program itself has open by that path or as a standard stream; anything else stays
/// where it is.
///
/// # Errors
/// The error that the system reports; also if nobody reads a pipe for a while.
pub(crate) fn write_to(path: &Path, bytes: &[u8]) -> io::Result<()> {
    system::write_to(path, bytes)
}

/// Writes all of `bytes` without taking the locks of the standard library.
///
/// They may be held for good: by a thread that was stopped, or by one that waits for us.
///
/// # Errors
/// The error of the system; interruptions are retried.
pub fn write_all_raw(stream: Stream, bytes: &[u8]) -> io::Result<()> {
    system::write_all(stream, bytes)
}
