//! Holds blocks of its host in a static and a thread-local; and captures the process with its own copy of the runtime.
#![cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]

use std::cell::Cell;
use std::ffi::{CStr, OsStr, c_char};
use std::os::unix::ffi::OsStrExt;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering::SeqCst};

use mem_profile::graph;
use mem_profile::trace::{self, Config};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

static KEPT: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());

thread_local! {
    static KEPT_BY_THREAD: Cell<*mut u8> = const { Cell::new(ptr::null_mut()) };
}

/// Keeps two blocks, the second one by the calling thread.
#[unsafe(no_mangle)]
pub extern "C" fn keep(block: *mut u8, by_thread: *mut u8) {
    KEPT.store(block, SeqCst);
    KEPT_BY_THREAD.set(by_thread);
}

/// The block that it keeps. It is read, since the compiler need not store it else.
#[unsafe(no_mangle)]
pub extern "C" fn kept(by_thread: bool) -> *mut u8 {
    if by_thread { KEPT_BY_THREAD.get() } else { KEPT.load(SeqCst) }
}

/// Captures the process, traced by this library, and returns how many threads are in the capture; zero where it fails.
///
/// # Safety
/// The path is a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn capture(path: *const c_char) -> u32 {
    // SAFETY: the caller's promise.
    let path = OsStr::from_bytes(unsafe { CStr::from_ptr(path) }.to_bytes());
    if trace::start(Config::exact()).is_err() {
        return 0;
    }
    match graph::capture(path) {
        Ok(captured) => captured.threads,
        Err(error) => {
            eprintln!("{error}");
            0
        }
    }
}
