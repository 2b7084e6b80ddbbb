//! The profiler's own threads on Unix.

use std::ffi::{CStr, c_void};
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;

use super::contract::Work;
use super::shared_threads::count_thread;

/// A thread of the profiler.
#[derive(Debug)]
pub struct Thread(libc::pthread_t);

/// Runs `work` on a new thread, which no signal of the program is delivered to.
///
/// Unlike a thread of the standard library it allocates nothing through the program's allocator.
/// `None` where the system has no thread left.
pub(crate) fn spawn(work: fn()) -> Option<Thread> {
    create(begin, work as *mut c_void)
}

/// The same for work that is shared with others.
pub(crate) fn spawn_shared<W: Work>(work: Arc<W>) -> Option<Thread> {
    let pointer = Arc::into_raw(work);
    count_thread(1);
    let thread = create(begin_shared::<W>, pointer.cast_mut().cast());
    if thread.is_none() {
        count_thread(-1);
        // SAFETY: from `into_raw`, and no thread has it.
        drop(unsafe { Arc::from_raw(pointer) });
    }
    thread
}

fn create(begin: extern "C" fn(*mut c_void) -> *mut c_void, work: *mut c_void) -> Option<Thread> {
    let mut thread = MaybeUninit::<libc::pthread_t>::uninit();
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
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
    // SAFETY: `spawn` passes such a function.
    let work = unsafe { std::mem::transmute::<*mut c_void, fn()>(work) };
    run_named(c"mem-profile", work);
    ptr::null_mut()
}

extern "C" fn begin_shared<W: Work>(work: *mut c_void) -> *mut c_void {
    // SAFETY: `spawn_shared` passes what `into_raw` returned, once.
    let work = unsafe { Arc::from_raw(work.cast_const().cast::<W>()) };
    run_named(W::NAME, || work.run());
    count_thread(-1);
    ptr::null_mut()
}

fn run_named(name: &'static CStr, work: impl FnOnce()) {
    #[cfg(target_os = "linux")]
    // SAFETY: the name is a C string; one of more than 15 bytes is refused.
    unsafe {
        libc::pthread_setname_np(libc::pthread_self(), name.as_ptr());
    }
    #[cfg(not(target_os = "linux"))]
    let _ = name;
    let _own = super::capture::note_thread();
    // A panic of the profiler must not end the program.
    let _ = catch_unwind(AssertUnwindSafe(work));
}

impl Thread {
    /// Lets it end by itself.
    pub fn detach(self) {
        // SAFETY: it was made by `create`, and nobody joins it.
        unsafe { libc::pthread_detach(self.0) };
    }

    /// Waits for its end.
    pub fn join(self) {
        // SAFETY: it was made by `create`, and is joined once.
        unsafe { libc::pthread_join(self.0, ptr::null_mut()) };
    }

    /// Whether it is the calling thread.
    pub fn is_current(&self) -> bool {
        // SAFETY: plain questions about threads, of which this one is neither joined nor detached.
        unsafe { libc::pthread_equal(self.0, libc::pthread_self()) != 0 }
    }
}
