//! A file that memory is part of, on Linux.
//!
//! No descriptor stays open: programs close those that they do not know, and use the numbers again.
//! Whenever the file grows it is opened once more, and checked to be the same.

use std::ffi::CString;
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::errno::ErrnoGuard;

/// A file that grows, piece by piece, each of which is memory of this process.
#[derive(Debug)]
pub(crate) struct Backing {
    path: CString,
    device: u64,
    inode: u64,
    length: AtomicU64,
}

/// A piece of the file.
pub(crate) struct Piece {
    pub(crate) start: NonNull<u8>,
    /// Where it ends in the file.
    pub(crate) end: u64,
}

const ACCESS: i32 = libc::PROT_READ | libc::PROT_WRITE;

impl Backing {
    /// A new file at `path`, in place of a recording that is there. The old file is removed, not
    /// emptied: another process may still write to it.
    ///
    /// # Errors
    /// The error that the system reports.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = File::options().write(true).create_new(true).open(path)?;
        let metadata = file.metadata()?;
        // The program may change its folder.
        let path = fs::canonicalize(path)?;
        Ok(Self {
            path: CString::new(path.as_os_str().as_bytes())?,
            device: metadata.dev(),
            inode: metadata.ino(),
            length: AtomicU64::new(0),
        })
    }

    /// Makes the file longer by `bytes`, a multiple of the page size, and maps them: zeroes.
    ///
    /// Neither allocates nor locks, and leaves `errno` as it was.
    ///
    /// # Errors
    /// The number of the system's error.
    pub(crate) fn extend(&self, bytes: usize) -> Result<Piece, i32> {
        let _errno = ErrnoGuard::new();
        let (file, offset) = self.grow(bytes)?;
        self.map(&file, ptr::null_mut(), 0, offset, bytes)
    }

    /// Makes the file longer by the memory at `start`, which from then on is part of it.
    ///
    /// # Errors
    /// The number of the system's error.
    ///
    /// # Safety
    /// The memory is `bytes` of whole pages, mapped for us alone, and no other thread writes to it.
    pub(crate) unsafe fn adopt(&self, start: NonNull<u8>, bytes: usize) -> Result<Piece, i32> {
        let _errno = ErrnoGuard::new();
        let (file, offset) = self.grow(bytes)?;
        // SAFETY: as the caller promises.
        let memory = unsafe { std::slice::from_raw_parts(start.as_ptr(), bytes) };
        file.write_all_at(memory, offset).map_err(code)?;
        self.map(&file, start.as_ptr(), libc::MAP_FIXED, offset, bytes)
    }

    /// Blocks are allocated now: a store to memory for which the disk has none would be the end
    /// of the program.
    fn grow(&self, bytes: usize) -> Result<(File, u64), i32> {
        let file = self.open()?;
        let offset = self.length.fetch_add(bytes as u64, Relaxed);
        let end = offset + bytes as u64;
        // Going beyond this limit would be a signal that kills.
        if end > file_size_limit() {
            return Err(libc::EFBIG);
        }
        let (start, length) = (offset as libc::off64_t, bytes as libc::off64_t);
        loop {
            // SAFETY: the descriptor is open.
            if unsafe { libc::fallocate64(file.as_raw_fd(), 0, start, length) } == 0 {
                return Ok((file, offset));
            }
            match code(io::Error::last_os_error()) {
                libc::EINTR => {}
                libc::EOPNOTSUPP | libc::ENOSYS => break,
                error => return Err(error),
            }
        }
        write_zeroes(&file, offset, bytes)?;
        Ok((file, offset))
    }

    /// Opens the file, if it is still the one that was made.
    fn open(&self) -> Result<File, i32> {
        let flags = libc::O_RDWR | libc::O_CLOEXEC | libc::O_NOFOLLOW;
        loop {
            // SAFETY: the path is a valid C string.
            let descriptor = unsafe { libc::open64(self.path.as_ptr(), flags) };
            if descriptor < 0 {
                match code(io::Error::last_os_error()) {
                    libc::EINTR => continue,
                    error => return Err(error),
                }
            }
            // SAFETY: the descriptor was just opened and is nobody else's.
            let file = unsafe { File::from_raw_fd(descriptor) };
            let found = file.metadata().map_err(code)?;
            let is_same = (found.dev(), found.ino()) == (self.device, self.inode);
            return if is_same { Ok(file) } else { Err(libc::ENOENT) };
        }
    }

    fn map(
        &self,
        file: &File,
        at: *mut u8,
        flags: i32,
        offset: u64,
        bytes: usize,
    ) -> Result<Piece, i32> {
        let flags = libc::MAP_SHARED | flags;
        let descriptor = file.as_raw_fd();
        // SAFETY: a new mapping, at an address that the system chooses or in place of memory that
        // `adopt` was given.
        let start = unsafe {
            libc::mmap64(at.cast(), bytes, ACCESS, flags, descriptor, offset as libc::off64_t)
        };
        if start == libc::MAP_FAILED {
            return Err(code(io::Error::last_os_error()));
        }
        let start = NonNull::new(start.cast()).ok_or(libc::ENOMEM)?;
        Ok(Piece { start, end: offset + bytes as u64 })
    }
}

fn code(error: io::Error) -> i32 {
    error.raw_os_error().unwrap_or(libc::EIO)
}

fn file_size_limit() -> u64 {
    let mut limit = libc::rlimit64 { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the limit is writable.
    let known = unsafe { libc::getrlimit64(libc::RLIMIT_FSIZE, &mut limit) } == 0;
    if known { limit.rlim_cur } else { u64::MAX }
}

/// Takes the place of allocating blocks, where a file system cannot do that.
fn write_zeroes(file: &File, offset: u64, bytes: usize) -> Result<(), i32> {
    const ZEROES: [u8; 4096] = [0; 4096];
    (0..bytes as u64)
        .step_by(ZEROES.len())
        .try_for_each(|at| file.write_all_at(&ZEROES, offset + at).map_err(code))
}

/// Gives memory of [`super::map_memory`] back.
///
/// # Safety
/// Nothing refers to it any more.
pub(crate) unsafe fn unmap(start: NonNull<u8>, bytes: usize) {
    let _errno = ErrnoGuard::new();
    // SAFETY: as the caller promises.
    unsafe { libc::munmap(start.as_ptr().cast(), bytes) };
}

/// Puts the memory at `source` in the place of that at `target`, in one step. Returns whether
/// that worked.
///
/// # Safety
/// Both are `bytes` of whole pages that are ours, and `source` has the contents of `target`.
pub(crate) unsafe fn replace(target: NonNull<u8>, source: NonNull<u8>, bytes: usize) -> bool {
    let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
    let (target, source) = (target.as_ptr().cast::<libc::c_void>(), source.as_ptr());
    // SAFETY: as the caller promises.
    unsafe { libc::mremap(source.cast(), bytes, bytes, flags, target) != libc::MAP_FAILED }
}

/// Has the callbacks run by every `fork`: before it, and after it in the parent and in the child.
pub(crate) fn on_fork(
    before: unsafe extern "C" fn(),
    parent: unsafe extern "C" fn(),
    child: unsafe extern "C" fn(),
) -> bool {
    // SAFETY: the callbacks take nothing and live as long as this code.
    unsafe { libc::pthread_atfork(Some(before), Some(parent), Some(child)) == 0 }
}

/// Whether this process has one thread only, and so many of our own.
pub(crate) fn is_alone(ours: usize) -> bool {
    fs::read_dir("/proc/self/task").is_ok_and(|tasks| tasks.count() == 1 + ours)
}
