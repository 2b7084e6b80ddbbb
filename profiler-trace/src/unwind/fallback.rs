//! Stacks by the crate `backtrace`, on systems for which there is no walk of our own: every stack
//! is walked to its end by the unwinder of the system, which takes many times as long.
//!
//! It promises less: the system's unwinder may wait for the loader's lock, so a signal
//! handler that allocates while its thread loads a library may wait for good. It believes what
//! call-frame information says, and reads wherever that points to. Where it ends, the thread is
//! taken to begin. A library that is loaded and gone again between two snapshots has no name.

use core::ops::Range;
use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};

use super::{modules, recursion};
use crate::tables::mapped_array::region;
use crate::tables::tree::{self, ROOT, UNWIND_FAILED};

/// How many frames of one stack are kept.
const DEPTH: usize = 1 << 12;

/// Room for the addresses of one stack.
pub(crate) struct Unwinder(AtomicPtr<u64>);

/// The tables are laid out for addresses of 64 bits, and need address space that takes no memory.
pub(super) fn prepare() -> bool {
    cfg!(all(any(unix, windows), target_pointer_width = "64"))
}

impl Unwinder {
    pub(crate) fn reserve() -> Option<Self> {
        let place = region(DEPTH * size_of::<u64>());
        (!place.is_null()).then(|| Self(AtomicPtr::new(place.cast())))
    }

    /// A thread begins. Nothing is kept from one stack to the next.
    pub(crate) fn begin(&self, _: Range<usize>) {}

    /// The site of the stack from here on. Only the thread itself calls this, and not twice at a
    /// time.
    pub(crate) fn site(&self) -> u32 {
        // SAFETY: it has `DEPTH` elements, zeroed at first, that are used by this thread only, and
        // by one capture at a time.
        let addresses = unsafe { core::slice::from_raw_parts_mut(self.0.load(Relaxed), DEPTH) };
        let here = (&raw const addresses).addr();
        let mut count = 0;
        let mut whole = true;
        // SAFETY: what the lock would be for is looking up symbols, and none are.
        unsafe {
            backtrace::trace_unsynchronized(|frame| {
                // The unwinder's own frames lie below; behind the beginning it may say zero.
                if frame.sp().addr() < here || frame.ip().is_null() {
                    return true;
                }
                match addresses.get_mut(count) {
                    Some(place) => *place = modules::tagged(frame.ip().addr() as u64),
                    None => whole = false,
                }
                count += 1;
                whole
            });
        }
        let found = addresses.iter().take(count).rev();
        let root = if whole && count > 0 { ROOT } else { UNWIND_FAILED };
        tree::site_of({ found }.fold(root, |stack, &address| recursion::child(stack, address)))
    }
}

/// Every stack is walked to its end in any case.
pub(crate) fn walk_in_full(_: bool) {}
