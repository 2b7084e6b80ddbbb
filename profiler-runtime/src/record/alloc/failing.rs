//! Who hears of an allocation that fails: with the feature `monitor`, its flight recorder.

#[cfg(feature = "monitor")]
use core::ptr;
#[cfg(feature = "monitor")]
use core::sync::atomic::{AtomicPtr, Ordering};

/// There is no memory for a block of so many bytes.
///
/// PERF: called only where it is known anyway that there is none: a block and two reallocations 281 → 195 instructions
/// (cost bench).
#[inline(always)]
pub(super) fn failed(size: usize) {
    #[cfg(feature = "monitor")]
    say(size);
    let _ = size;
}

#[cfg(feature = "monitor")]
static CALLBACK: AtomicPtr<fn(usize)> = AtomicPtr::new(ptr::null_mut());

/// Has `callback` called with the size of each block for which the system has no memory. It is called inside the
/// allocator.
#[cfg(feature = "monitor")]
pub fn on_failed_allocation(callback: &'static fn(usize)) {
    CALLBACK.store(ptr::from_ref(callback).cast_mut(), Ordering::Release);
}

#[cfg(feature = "monitor")]
#[cold]
#[inline(never)]
fn say(size: usize) {
    // SAFETY: only `on_failed_allocation` stores here, a static.
    if let Some(callback) = unsafe { CALLBACK.load(Ordering::Acquire).as_ref() } {
        callback(size);
    }
}
