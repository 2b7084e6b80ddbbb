//! Memory of processes on Linux, from `/proc`.
//!
//! Reading our own resident set is part of every line event, so it costs one `pread` of a file
//! that stays open. No allocation, no lock, no panic; it may be interrupted by a signal handler
//! that does the same.

use std::fs;
use std::io;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering::Relaxed};

/// Longer than any `statm`: seven numbers of at most twenty digits.
const STATM_LENGTH: usize = 192;
const CLOSED: i32 = -1;

static STATM: AtomicI32 = AtomicI32::new(CLOSED);
static PAGE_BYTES: AtomicU64 = AtomicU64::new(0);
static WATCHES_FORKS: AtomicBool = AtomicBool::new(false);

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

pub(super) fn rss() -> Option<u64> {
    let _errno = ErrnoGuard::new();
    let descriptor = STATM.load(Relaxed);
    let pages = read_pages(descriptor).or_else(|| read_pages(reopen(descriptor)))?;
    Some(pages.resident.saturating_mul(page_bytes()))
}

#[derive(Debug, PartialEq, Eq)]
struct Pages {
    size: u64,
    resident: u64,
}

fn read_pages(descriptor: i32) -> Option<Pages> {
    if descriptor == CLOSED {
        return None;
    }
    let mut buffer = [0_u8; STATM_LENGTH];
    // SAFETY: the buffer is writable for the length passed.
    let read = unsafe { libc::pread(descriptor, buffer.as_mut_ptr().cast(), STATM_LENGTH, 0) };
    parse_statm(buffer.get(..usize::try_from(read).ok()?)?)
}

/// The first two fields of `statm`: address space and resident set, in pages.
fn parse_statm(text: &[u8]) -> Option<Pages> {
    let mut fields = text.split(|&byte| byte == b' ').map(parse_number);
    let pages = Pages { size: fields.next()??, resident: fields.next()?? };
    // A third field shows that the second one was not cut short.
    fields.next().map(|_| pages)
}

fn parse_number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, &byte| {
        let digit = byte.checked_sub(b'0').filter(|&digit| digit < 10)?;
        number.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

/// Opens `statm` in place of `stale` and returns its descriptor.
///
/// `stale` is not closed: if it stopped working, the program closed it behind our back and the
/// number may belong to a file of its own by now.
#[cold]
#[inline(never)]
fn reopen(stale: i32) -> i32 {
    watch_forks();
    let flags = libc::O_RDONLY | libc::O_CLOEXEC;
    // SAFETY: the path is a valid C string.
    let opened = unsafe { libc::open(c"/proc/self/statm".as_ptr(), flags) };
    if opened == CLOSED {
        return CLOSED;
    }
    match STATM.compare_exchange(stale, opened, Relaxed, Relaxed) {
        Ok(_) => opened,
        Err(theirs) => {
            // SAFETY: we just opened this descriptor and nobody else saw it.
            unsafe { libc::close(opened) };
            theirs
        }
    }
}

/// An open `/proc/self/statm` keeps showing the process that opened it, so a forked child needs
/// its own.
fn watch_forks() {
    if !WATCHES_FORKS.swap(true, Relaxed) {
        // SAFETY: the handler only stores to an atomic.
        unsafe { libc::pthread_atfork(None, None, Some(forget_statm)) };
    }
}

unsafe extern "C" fn forget_statm() {
    STATM.store(CLOSED, Relaxed);
}

fn page_bytes() -> u64 {
    let cached = PAGE_BYTES.load(Relaxed);
    if cached != 0 {
        return cached;
    }
    // SAFETY: `sysconf` only reads its argument.
    let bytes = u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096);
    PAGE_BYTES.store(bytes, Relaxed);
    bytes
}

pub(super) fn map(bytes: usize) -> Option<NonNull<u8>> {
    let _errno = ErrnoGuard::new();
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    let access = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: a new mapping at an address that the system chooses.
    let start = unsafe { libc::mmap(ptr::null_mut(), bytes, access, flags, -1, 0) };
    if start == libc::MAP_FAILED { None } else { NonNull::new(start.cast()) }
}

pub(super) fn populate(start: NonNull<u8>, bytes: usize) {
    if cfg!(miri) {
        return;
    }
    let _errno = ErrnoGuard::new();
    // SAFETY: what is there stays as it is. Before Linux 5.14 the system knows no such advice.
    unsafe { libc::madvise(start.as_ptr().cast(), bytes, libc::MADV_POPULATE_WRITE) };
}

pub(super) fn rss_of(pid: u32) -> io::Result<u64> {
    let text = fs::read(format!("/proc/{pid}/statm")).map_err(|error| {
        let gone = error.raw_os_error() == Some(libc::ESRCH);
        if gone { io::ErrorKind::NotFound.into() } else { error }
    })?;
    match parse_statm(&text) {
        // An ended process that nobody has waited for has no address space left.
        Some(Pages { size: 0, .. }) => Err(io::ErrorKind::NotFound.into()),
        Some(pages) => Ok(pages.resident.saturating_mul(page_bytes())),
        None => Err(io::ErrorKind::InvalidData.into()),
    }
}

pub(super) fn children_of(pid: u32) -> io::Result<Vec<u32>> {
    let parents = parents()?;
    let mut family = vec![pid];
    let mut next = 0;
    while let Some(&parent) = family.get(next) {
        family.extend(parents.iter().filter(|entry| entry.1 == parent).map(|entry| entry.0));
        next += 1;
    }
    Ok(family.split_off(1))
}

/// Every process with its parent. Processes that end meanwhile are left out.
fn parents() -> io::Result<Vec<(u32, u32)>> {
    let entries = fs::read_dir("/proc")?.filter_map(|entry| {
        let pid = entry.ok()?.file_name().to_str()?.parse().ok()?;
        Some((pid, parse_parent(&fs::read(format!("/proc/{pid}/stat")).ok()?)?))
    });
    Ok(entries.collect())
}

/// The parent in `stat`: second field after the name, which may hold blanks and brackets itself.
fn parse_parent(stat: &[u8]) -> Option<u32> {
    let after_name = stat.iter().rposition(|&byte| byte == b')')?;
    let text = std::str::from_utf8(stat.get(after_name + 1..)?).ok()?;
    text.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statm_is_parsed_or_refused() {
        let pages = |size, resident| Some(Pages { size, resident });
        assert_eq!(parse_statm(b"2500 1234 800 1 0 300 0\n"), pages(2500, 1234));
        assert_eq!(parse_statm(b"0 0 0 0 0 0 0\n"), pages(0, 0));
        for bad in ["", " ", "12", "12 34", "12  34 5", "a 1 2", "1 99999999999999999999999 2"] {
            assert_eq!(parse_statm(bad.as_bytes()), None, "{bad:?}");
        }
    }

    #[test]
    fn a_parent_is_found_behind_any_name() {
        assert_eq!(parse_parent(b"7 (a) b) (c) S 42 7 7 0"), Some(42));
        assert_eq!(parse_parent(b"7 (a"), None);
        assert_eq!(parse_parent(b"7 (a)"), None);
    }

    #[test]
    fn a_forked_child_reads_its_own_memory_whatever_it_closes() {
        assert!(rss().is_some());
        // SAFETY: the child allocates nothing and leaves by `_exit`.
        match unsafe { libc::fork() } {
            0 => {
                let passed = STATM.load(Relaxed) == CLOSED && rss().is_some() && reopens_quietly();
                // SAFETY: ends the child at once, as a forked child of a threaded program must.
                unsafe { libc::_exit(if passed { 7 } else { 1 }) }
            }
            child => {
                let mut status = 0;
                // SAFETY: the status is writable and the child is ours.
                unsafe { libc::waitpid(child, &mut status, 0) };
                assert_eq!(libc::WEXITSTATUS(status), 7);
            }
        }
    }

    /// Whether a descriptor closed behind our back is replaced without touching `errno`.
    fn reopens_quietly() -> bool {
        // SAFETY: runs in a child of its own, where nothing else uses the descriptor.
        unsafe { libc::close(STATM.load(Relaxed)) };
        // SAFETY: the location belongs to this thread.
        unsafe { *libc::__errno_location() = libc::ENOTTY };
        rss().is_some() && io::Error::last_os_error().raw_os_error() == Some(libc::ENOTTY)
    }

    #[test]
    fn other_processes_and_descendants_are_seen() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        assert!(children_of(std::process::id()).unwrap().contains(&child.id()));
        assert!(rss_of(child.id()).unwrap() > 0);

        child.kill().unwrap();
        while rss_of(child.id()).is_ok() {
            std::thread::yield_now();
        }
        let gone = rss_of(child.id()).unwrap_err();
        assert_eq!(gone.kind(), io::ErrorKind::NotFound);
        child.wait().unwrap();
    }
}
