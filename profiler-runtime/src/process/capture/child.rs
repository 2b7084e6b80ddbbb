//! The calls that the copy of the process makes: system calls alone, none of which takes a lock or allocates.

use std::ffi::CStr;
use std::io;
use std::ptr::{self, NonNull};

/// An open file, which is closed at its end.
#[derive(Debug)]
pub struct Descriptor(i32);

/// The number of the last error.
pub(super) fn last_error() -> i32 {
    // SAFETY: the location is valid for the calling thread.
    unsafe { *libc::__errno_location() }
}

impl Descriptor {
    /// Opens a file to read it.
    ///
    /// # Errors
    /// The error of the system.
    pub fn open(path: &CStr, flags: i32) -> io::Result<Self> {
        Self::open_at(libc::AT_FDCWD, path, flags)
            .ok_or_else(|| io::Error::from_raw_os_error(last_error()))
    }

    fn open_at(folder: i32, path: &CStr, flags: i32) -> Option<Self> {
        let flags = flags | libc::O_RDONLY | libc::O_CLOEXEC;
        // SAFETY: the path is a C string.
        let opened = unsafe { libc::syscall(libc::SYS_openat, folder, path.as_ptr(), flags) };
        i32::try_from(opened).ok().filter(|&opened| opened >= 0).map(Self)
    }

    pub(super) fn open_below(&self, path: &CStr) -> Option<Self> {
        Self::open_at(self.0, path, 0)
    }

    pub(super) fn number(&self) -> i32 {
        self.0
    }

    /// Reads from where it stands; `None` where that fails.
    pub fn read(&self, into: &mut [u8]) -> Option<usize> {
        // SAFETY: the place is writable for its length.
        let read = unsafe { libc::syscall(libc::SYS_read, self.0, into.as_mut_ptr(), into.len()) };
        usize::try_from(read).ok()
    }

    /// Reads words from an offset in bytes, and returns how many; `None` where that fails.
    pub fn read_words_at(&self, into: &mut [u64], offset: u64) -> Option<usize> {
        let bytes = size_of_val(into);
        // SAFETY: the place is writable for its length, and any bytes are words.
        let read =
            unsafe { libc::syscall(libc::SYS_pread64, self.0, into.as_mut_ptr(), bytes, offset) };
        usize::try_from(read).ok().map(|read| read / size_of::<u64>())
    }

    pub(super) fn rewind(&self) -> bool {
        // SAFETY: the descriptor is ours.
        unsafe { libc::syscall(libc::SYS_lseek, self.0, 0, libc::SEEK_SET) == 0 }
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: opened by us, and used nowhere else.
        unsafe { libc::syscall(libc::SYS_close, self.0) };
    }
}

/// Has the copy end with the process that it is a copy of, and leave no core file. Returns false where that has
/// ended already.
pub fn end_with(parent: u32) -> bool {
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: neither call touches memory but the limit.
    unsafe {
        libc::syscall(libc::SYS_setrlimit, libc::RLIMIT_CORE, &raw const none);
        libc::syscall(libc::SYS_prctl, libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0);
        libc::syscall(libc::SYS_getppid) as u32 == parent
    }
}

/// Closes every other descriptor: the end of a pipe must not stay open in a copy.
pub fn keep_only(descriptor: i32) {
    let descriptor = descriptor.unsigned_abs();
    if descriptor > 0 {
        close_range(0, descriptor - 1);
    }
    close_range(descriptor + 1, u32::MAX);
}

fn close_range(first: u32, last: u32) {
    // SAFETY: this process, a copy, uses none of them.
    if unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) } == 0 {
        return;
    }
    // Before Linux 5.9. Higher numbers are possible, but hardly in use.
    const HIGHEST: u32 = 1 << 16;
    for descriptor in first..last.min(HIGHEST) {
        // SAFETY: as above.
        unsafe { libc::syscall(libc::SYS_close, descriptor) };
    }
}

/// Ends the calling process, of which nothing more runs.
pub fn exit_now(code: i32) -> ! {
    loop {
        // SAFETY: it does not return.
        unsafe { libc::syscall(libc::SYS_exit_group, code) };
    }
}

/// Writes memory to a file, whoever uses it.
///
/// # Errors
/// The number of the system's error; `EFAULT` where the memory cannot be read.
pub fn write_all_to(descriptor: i32, mut start: usize, mut bytes: usize) -> Result<(), i32> {
    while bytes > 0 {
        // SAFETY: the system checks the memory.
        let written = unsafe { libc::syscall(libc::SYS_write, descriptor, start, bytes) };
        match usize::try_from(written) {
            Ok(0) => return Err(libc::EIO),
            Ok(written) => (start, bytes) = (start + written, bytes - written),
            Err(_) if last_error() == libc::EINTR => {}
            Err(_) => return Err(last_error()),
        }
    }
    Ok(())
}

/// Leaves a hole in a file.
///
/// # Errors
/// The number of the system's error.
pub fn seek(descriptor: i32, bytes: u64) -> Result<(), i32> {
    // SAFETY: the file is ours.
    match unsafe { libc::syscall(libc::SYS_lseek, descriptor, bytes, libc::SEEK_CUR) } {
        -1 => Err(last_error()),
        _ => Ok(()),
    }
}

/// New memory, zeroes, which takes room where it is written.
///
/// # Errors
/// The number of the system's error.
pub fn memory(bytes: usize) -> Result<NonNull<u8>, i32> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    let access = libc::PROT_READ | libc::PROT_WRITE;
    let nowhere = ptr::null_mut::<u8>();
    // SAFETY: a new mapping at an address that the system chooses.
    let start =
        unsafe { libc::syscall(libc::SYS_mmap, nowhere, bytes, access, flags, -1_i64, 0_i64) };
    if start == -1 {
        return Err(last_error());
    }
    NonNull::new(start as usize as *mut u8).ok_or(libc::ENOMEM)
}

/// Makes such memory longer, perhaps elsewhere.
///
/// # Errors
/// The number of the system's error; the memory is then as it was.
///
/// # Safety
/// It is memory of [`memory`] with `bytes`, and nothing refers to it.
pub unsafe fn grow_memory(
    start: NonNull<u8>,
    bytes: usize,
    new_bytes: usize,
) -> Result<NonNull<u8>, i32> {
    let flags = libc::MREMAP_MAYMOVE;
    // SAFETY: the caller's promise.
    let start = unsafe { libc::syscall(libc::SYS_mremap, start.as_ptr(), bytes, new_bytes, flags) };
    if start == -1 {
        return Err(last_error());
    }
    NonNull::new(start as usize as *mut u8).ok_or(libc::ENOMEM)
}
