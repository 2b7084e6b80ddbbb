//! Who hears of an allocation that fails: with the feature `monitor`, its flight recorder.

use core::ptr;

/// There is no memory for a block of so many bytes. Returns the pointer that says so.
#[inline(always)]
pub(super) fn failed(size: usize) -> *mut u8 {
    #[cfg(feature = "monitor")]
    heard::say(size);
    let _ = size;
    ptr::null_mut()
}

#[cfg(feature = "monitor")]
pub use self::heard::on_failed_allocation;

#[cfg(feature = "monitor")]
mod heard {
    use core::ptr;
    use core::sync::atomic::{
        AtomicPtr,
        Ordering::{Acquire, Release},
    };

    static CALLBACK: AtomicPtr<fn(usize)> = AtomicPtr::new(ptr::null_mut());

    /// Has `callback` called with the size of each block for which the system has no memory. It is called inside the
    /// allocator.
    pub fn on_failed_allocation(callback: &'static fn(usize)) {
        CALLBACK.store(ptr::from_ref(callback).cast_mut(), Release);
    }

    #[cold]
    #[inline(never)]
    pub(super) fn say(size: usize) {
        // SAFETY: only `on_failed_allocation` stores here, a static.
        if let Some(callback) = unsafe { CALLBACK.load(Acquire).as_ref() } {
            callback(size);
        }
    }
}
