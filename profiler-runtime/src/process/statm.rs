//! The resident set of this process, read by a descriptor that stays open.
//!
//! Programs close descriptors that they do not know, and use their numbers for files of their own.
//! So before each reading the descriptor is checked to be ours, and otherwise left alone: ours is
//! the one that stands at [`POSITION`], far behind the end of an empty file, where no program reads.

use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering::Relaxed};

use super::errno::ErrnoGuard;

/// Longer than the first three numbers of any `statm`, of at most twenty digits each.
const LENGTH: usize = 64;
const CLOSED: i32 = -1;
/// Any number that no program comes to by itself.
const POSITION: i32 = 0x6d65_6d70;

static KEPT: AtomicI32 = AtomicI32::new(CLOSED);
static PAGE_BYTES: AtomicU64 = AtomicU64::new(0);
static WATCHES_FORKS: AtomicBool = AtomicBool::new(false);

pub(super) fn rss() -> Option<u64> {
    let text = read_any()?;
    Some(resident(&text)?.saturating_mul(page_bytes()))
}

/// The resident set, and of it the pages of files and of shared memory.
pub(super) fn resident_and_files() -> Option<[u64; 2]> {
    let text = read_any()?;
    let pages = [number(&text, 1)?, number(&text, 2)?];
    Some(pages.map(|pages| pages.saturating_mul(page_bytes())))
}

/// The beginning of `statm`, and zeroes.
#[inline]
fn read_any() -> Option<[u8; LENGTH]> {
    let _errno = ErrnoGuard::new();
    let kept = KEPT.load(Relaxed);
    if is_ours(kept) { read(kept) } else { reopen(kept) }
}

/// Whether the descriptor is the one that [`reopen`] made: no other file is as far behind its end.
///
/// PERF: 130 ns beside the 780 ns of a reading, where comparing device and inode takes 250 ns.
fn is_ours(descriptor: i32) -> bool {
    let mut left: libc::c_int = 0;
    // SAFETY: the request fills in one integer, and changes nothing of any file.
    let status = unsafe { libc::ioctl(descriptor, libc::FIONREAD as _, &mut left) };
    status == 0 && left == -POSITION
}

fn read(descriptor: i32) -> Option<[u8; LENGTH]> {
    let mut buffer = [0_u8; LENGTH];
    // SAFETY: the buffer is writable for the length passed.
    let read = unsafe { libc::pread(descriptor, buffer.as_mut_ptr().cast(), LENGTH, 0) };
    (read > 0).then_some(buffer)
}

/// The pages of the resident set: the second field of `statm`.
pub(super) fn resident(text: &[u8]) -> Option<u64> {
    number(text, 1)
}

/// A field, counted from 0. The blank behind it shows that it was not cut short.
fn number(text: &[u8], field: usize) -> Option<u64> {
    let mut bytes = text.iter();
    for _ in 0..field {
        bytes.find(|&&byte| byte == b' ')?;
    }
    let mut number = None;
    for &byte in bytes {
        if byte == b' ' {
            return number;
        }
        let digit = byte.checked_sub(b'0').filter(|&digit| digit < 10)?;
        number = Some(number.unwrap_or(0_u64).checked_mul(10)?.checked_add(digit.into())?);
    }
    None
}

/// Opens `statm` and reads it. From now on that descriptor is kept in place of `stale`, if it can be
/// known again.
///
/// `stale` is not closed: the program did that, and may have a file of its own with this number.
#[cold]
#[inline(never)]
fn reopen(stale: i32) -> Option<[u8; LENGTH]> {
    watch_forks();
    let flags = libc::O_RDONLY | libc::O_CLOEXEC;
    // SAFETY: the path is a valid C string.
    let opened = unsafe { libc::open(c"/proc/self/statm".as_ptr(), flags) };
    if opened == CLOSED {
        return None;
    }
    let text = read(opened);
    // SAFETY: the descriptor was just opened, and nobody else knows it.
    unsafe { libc::lseek(opened, POSITION.into(), libc::SEEK_SET) };
    let is_kept = is_ours(opened) && KEPT.compare_exchange(stale, opened, Relaxed, Relaxed).is_ok();
    if !is_kept {
        // SAFETY: as above.
        unsafe { libc::close(opened) };
    }
    text
}

/// An open `statm` keeps showing the process that opened it, so a forked child needs its own.
fn watch_forks() {
    if !WATCHES_FORKS.swap(true, Relaxed) {
        // SAFETY: the handler makes two system calls and stores to an atomic.
        unsafe { libc::pthread_atfork(None, None, Some(close_kept)) };
        // SAFETY: as above.
        super::on_unload(|| unsafe { close_kept() });
    }
}

unsafe extern "C" fn close_kept() {
    let _errno = ErrnoGuard::new();
    let kept = KEPT.swap(CLOSED, Relaxed);
    if is_ours(kept) {
        // SAFETY: it is ours, and nobody knows it any more.
        unsafe { libc::close(kept) };
    }
}

pub(super) fn page_bytes() -> u64 {
    let cached = PAGE_BYTES.load(Relaxed);
    if cached != 0 {
        return cached;
    }
    // SAFETY: `sysconf` only reads its argument.
    let bytes = u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096);
    PAGE_BYTES.store(bytes, Relaxed);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, File};
    use std::io::{self, Seek, SeekFrom, Write};
    use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd};

    #[test]
    fn statm_is_parsed_or_refused() {
        assert_eq!(resident(b"2500 1234 800 1 0 300 0\n"), Some(1234));
        assert_eq!(resident(b"0 0 0 0 0 0 0\n"), Some(0));
        for bad in ["", " ", "12", "12 34", "12  34 5", "1 a 2", "1 99999999999999999999999 2"] {
            assert_eq!(resident(bad.as_bytes()), None, "{bad:?}");
        }
        assert_eq!(number(b"2500 1234 800 1 0 300 0\n", 2), Some(800));
        assert_eq!(number(b"2500 1234 80", 2), None);
    }

    /// Runs `test` in a forked child, where nothing else uses descriptors; it allocates as it likes,
    /// since the child is a copy of this thread alone.
    fn in_child(test: fn() -> bool) {
        // SAFETY: the child leaves by `_exit`.
        match unsafe { libc::fork() } {
            0 => {
                let passed = std::panic::catch_unwind(test).unwrap_or(false);
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

    fn descriptors() -> usize {
        fs::read_dir("/proc/self/fd").unwrap().count()
    }

    #[test]
    fn a_forked_child_reads_its_own_memory_and_has_no_descriptor_too_many() {
        assert!(rss().is_some());
        in_child(|| {
            let before = descriptors();
            let (was_closed, reading) = (KEPT.load(Relaxed) == CLOSED, rss());
            let is_one = is_ours(KEPT.load(Relaxed)) && descriptors() == before + 1;
            was_closed && reading.is_some() && is_one
        });
    }

    #[test]
    fn a_descriptor_that_was_closed_is_replaced_without_touching_errno() {
        in_child(|| {
            rss().unwrap();
            // SAFETY: nobody else uses the descriptor; the location belongs to this thread.
            unsafe {
                libc::close(KEPT.load(Relaxed));
                *libc::__errno_location() = libc::ENOTTY;
            }
            rss().is_some() && io::Error::last_os_error().raw_os_error() == Some(libc::ENOTTY)
        });
    }

    /// Whether a reading is right where `file` has the number of our descriptor, and leaves it there.
    fn is_let_be(file: impl IntoRawFd) -> bool {
        let before = rss().unwrap();
        let (kept, file) = (KEPT.load(Relaxed), file.into_raw_fd());
        // SAFETY: both are open; nobody else uses them.
        assert_eq!(unsafe { libc::dup2(file, kept) }, kept);
        let after = rss().unwrap();
        // SAFETY: only borrowed, and never closed through these.
        let same = unsafe { [File::from_raw_fd(file), File::from_raw_fd(kept)] };
        let position = same.each_ref().map(|mut file| file.stream_position().ok());
        assert_eq!(position[0], position[1]);
        std::mem::forget(same);
        after.abs_diff(before) < 1 << 20
            && KEPT.load(Relaxed) != kept
            && is_ours(KEPT.load(Relaxed))
    }

    #[test]
    fn a_file_that_has_the_number_of_ours_is_never_read() {
        in_child(|| {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(b"123456789 987654321 5 6 7 8 9\n").unwrap();
            let is_at_end = is_let_be(file.try_clone().unwrap());
            file.seek(SeekFrom::Start(3)).unwrap();
            let is_inside = is_let_be(file.try_clone().unwrap());
            let far = tempfile::tempfile().unwrap();
            (&far).seek(SeekFrom::Start(u64::from(POSITION.cast_unsigned()) - 1)).unwrap();
            let others = [
                is_let_be(far),
                is_let_be(File::open("/proc/1/statm").unwrap()),
                is_let_be(File::open("/proc/self/statm").unwrap()),
                is_let_be(File::open("/dev/zero").unwrap()),
            ];
            let (reader, mut writer) = io::pipe().unwrap();
            writer.write_all(b"1 2 3 4").unwrap();
            is_at_end && is_inside && others == [true; 4] && is_let_be(reader)
        });
    }

    #[test]
    fn where_there_is_no_proc_there_is_no_reading() {
        in_child(|| {
            rss().unwrap();
            // SAFETY: the child is to have this root.
            if unsafe { libc::chroot(c"/dev".as_ptr()) } != 0 {
                return true;
            }
            // The descriptor still shows the process; without it there is nothing to open.
            let is_kept = rss().is_some();
            // SAFETY: nobody else uses the descriptor.
            unsafe { libc::close(KEPT.load(Relaxed)) };
            is_kept && rss().is_none()
        });
    }

    #[test]
    fn the_kept_descriptor_is_our_own_statm() {
        rss().unwrap();
        let own = File::open("/proc/self/statm").unwrap();
        assert!(!is_ours(own.as_raw_fd()) && !is_ours(CLOSED));
        assert!(is_ours(KEPT.load(Relaxed)));
    }
}
