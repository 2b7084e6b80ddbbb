//! The profiler's own threads on Unix.

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::panic::catch_unwind;
use std::ptr;

/// A thread of the profiler.
#[derive(Debug)]
pub(crate) struct Thread(libc::pthread_t);

/// Runs `work` on a new thread, which no signal of the program is delivered to.
///
/// Unlike a thread of the standard library it allocates nothing through the program's allocator.
/// `None` where the system has no thread left.
pub(crate) fn spawn(work: fn()) -> Option<Thread> {
    let mut thread = MaybeUninit::<libc::pthread_t>::uninit();
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
    let work = work as *mut c_void;
    // SAFETY: all of it is writable, and read only where it was written. A new thread has the mask
    // of the one that makes it.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
        let result = libc::pthread_create(thread.as_mut_ptr(), ptr::null(), begin, work);
        libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut());
        (result == 0).then(|| Thread(thread.assume_init()))
    }
}

extern "C" fn begin(work: *mut c_void) -> *mut c_void {
    #[cfg(target_os = "linux")]
    // SAFETY: the name is a C string of less than 16 bytes.
    unsafe {
        libc::pthread_setname_np(libc::pthread_self(), c"mem-profile".as_ptr());
    }
    // SAFETY: `spawn` passes such a function.
    let work = unsafe { std::mem::transmute::<*mut c_void, fn()>(work) };
    let _own = super::capture::note_thread();
    // A panic of the profiler must not end the program.
    let _ = catch_unwind(work);
    ptr::null_mut()
}

impl Thread {
    /// Lets it end by itself.
    #[cfg(feature = "signals")]
    pub(crate) fn detach(self) {
        // SAFETY: it was made by `spawn`, and nobody joins it.
        unsafe { libc::pthread_detach(self.0) };
    }

    /// Waits for its end.
    pub(crate) fn join(self) {
        // SAFETY: it was made by `spawn`, and is joined once.
        unsafe { libc::pthread_join(self.0, ptr::null_mut()) };
    }
}
