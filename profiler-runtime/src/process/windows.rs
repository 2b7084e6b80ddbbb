//! Thread ends and raw writes on Windows.

use std::ffi::c_void;
use std::io::{self, Write};
use std::path::Path;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering::SeqCst};

use super::contract::{Stream, ThreadExit};

const NO_SLOT: u32 = u32::MAX;

static SLOT: AtomicU32 = AtomicU32::new(NO_SLOT);
static CALLBACK: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

#[link(name = "kernel32")]
unsafe extern "system" {
    fn FlsAlloc(callback: Option<unsafe extern "system" fn(*const c_void)>) -> u32;
    fn FlsSetValue(slot: u32, value: *const c_void) -> i32;
    fn FlsFree(slot: u32) -> i32;
}

/// Forwards to the callback: on 32-bit Windows the system calls with another convention than C's.
unsafe extern "system" fn forward(pointer: *const c_void) {
    let callback = CALLBACK.load(SeqCst);
    if !callback.is_null() && !pointer.is_null() {
        // SAFETY: only `on_thread_exit` stores here, and only functions of this type.
        let callback = unsafe { std::mem::transmute::<*mut (), ThreadExit>(callback) };
        // SAFETY: the pointer is the one given to `arm`, which the callback expects.
        unsafe { callback(pointer.cast_mut()) };
    }
}

pub(super) fn on_thread_exit(callback: ThreadExit) -> bool {
    if SLOT.load(SeqCst) != NO_SLOT {
        return true;
    }
    let callback = callback as *mut ();
    let _first_stays = CALLBACK.compare_exchange(ptr::null_mut(), callback, SeqCst, SeqCst);
    // SAFETY: `forward` tolerates every value a slot can hold.
    let slot = unsafe { FlsAlloc(Some(forward)) };
    if slot == NO_SLOT {
        return false;
    }
    if SLOT.compare_exchange(NO_SLOT, slot, SeqCst, SeqCst).is_err() {
        // SAFETY: the slot is ours and was never published; another thread came first.
        unsafe { FlsFree(slot) };
    }
    true
}

pub(super) fn arm(pointer: *mut c_void) -> bool {
    let slot = SLOT.load(SeqCst);
    // SAFETY: the slot was allocated by us; the value is only handed back to `forward`.
    slot != NO_SLOT && unsafe { FlsSetValue(slot, pointer) } != 0
}

pub(super) fn disarm_all() {
    let slot = SLOT.swap(NO_SLOT, SeqCst);
    // Freeing a slot calls back for every thread that is still armed, so disconnect first.
    CALLBACK.store(ptr::null_mut(), SeqCst);
    if slot != NO_SLOT {
        // SAFETY: the swap makes us the only one to free this slot.
        unsafe { FlsFree(slot) };
    }
}

pub(super) fn at_exit(callback: extern "C" fn()) -> bool {
    // SAFETY: the callback has the required type and never unwinds, as `extern "C"` guarantees.
    unsafe { libc::atexit(callback) == 0 }
}

/// Goes through the standard library, which knows how a console wants its text.
pub(super) fn write_all(stream: Stream, bytes: &[u8]) -> io::Result<()> {
    match stream {
        Stream::Stdout => io::stdout().write_all(bytes).and_then(|()| io::stdout().flush()),
        Stream::Stderr => io::stderr().write_all(bytes),
    }
}

pub(super) fn forks() -> u32 {
    0
}

pub(super) fn write_to(path: &Path, bytes: &[u8]) -> io::Result<()> {
    std::fs::write(path, bytes)
}

pub(super) fn terminal_width(_stream: Stream) -> Option<usize> {
    None
}

#[cfg(feature = "monitor")]
pub(super) fn lock_file(_file: &std::fs::File) -> io::Result<bool> {
    Ok(true)
}
