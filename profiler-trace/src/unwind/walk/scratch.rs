//! A stack of our own, for walks that begin on one that is not the thread's: a coroutine's or a
//! handler's may be as small as a page, and call-frame information takes more to be read.

use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};

use crate::tables::mapped_array::region;

/// Only what is used of it takes memory.
const SIZE: usize = 128 << 10;

/// One thread's.
pub(super) struct Scratch(AtomicPtr<u8>);

impl Scratch {
    pub(super) fn reserve() -> Option<Self> {
        let start = region(SIZE);
        (!start.is_null()).then(|| Self(AtomicPtr::new(start)))
    }

    /// Does `work` there, which must not unwind.
    ///
    /// # Safety
    /// One thread uses it, and for one thing at a time.
    pub(super) unsafe fn run<R>(&self, work: impl FnOnce() -> R) -> R {
        let mut call = Call { work: Some(work), result: MaybeUninit::uninit() };
        // SAFETY: the region is as large, never unmapped, and aligned to pages; nobody else uses it.
        // The argument is what the function takes.
        unsafe {
            let top = self.0.load(Relaxed).add(SIZE);
            call_on(top, (&raw mut call).cast(), call.function());
            call.result.assume_init()
        }
    }
}

struct Call<F, R> {
    work: Option<F>,
    result: MaybeUninit<R>,
}

impl<F: FnOnce() -> R, R> Call<F, R> {
    fn function(&self) -> unsafe extern "sysv64" fn(*mut c_void) {
        Self::run
    }

    /// # Safety
    /// `this` is a call that nobody else looks at.
    unsafe extern "sysv64" fn run(this: *mut c_void) {
        // SAFETY: the caller's promise.
        let this = unsafe { &mut *this.cast::<Self>() };
        if let Some(work) = this.work.take() {
            this.result.write(work());
        }
    }
}

/// Calls `function` on the stack that ends at `top`. Debuggers find the way back.
#[unsafe(naked)]
unsafe extern "sysv64" fn call_on(
    top: *mut u8,
    argument: *mut c_void,
    function: unsafe extern "sysv64" fn(*mut c_void),
) {
    core::arch::naked_asm!(
        ".cfi_startproc",
        "push rbp",
        ".cfi_def_cfa_offset 16",
        ".cfi_offset rbp, -16",
        "mov rbp, rsp",
        ".cfi_def_cfa_register rbp",
        "mov rsp, rdi",
        "mov rdi, rsi",
        "call rdx",
        "mov rsp, rbp",
        "pop rbp",
        ".cfi_def_cfa rsp, 8",
        "ret",
        ".cfi_endproc",
    )
}
