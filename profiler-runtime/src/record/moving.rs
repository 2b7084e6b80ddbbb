//! Which threads are in a reallocation that is watched.
//!
//! Between its two ends the block is in no map, while what it holds is alive. So a thread that is to stop just
//! then goes on, and stops at the end. A counter, not a flag: the handler of a signal may reallocate too.

use core::cell::Cell;
use core::sync::atomic::{
    AtomicUsize,
    Ordering::{Relaxed, SeqCst},
    compiler_fence,
};

use crate::process::capture::{stop_here, thread_pointer};

struct Words {
    depth: Cell<u32>,
    /// The request to stop that waits for the end; zero where there is none.
    request: Cell<u64>,
}

thread_local! {
    // Const and without a destructor, as the ledger's.
    static WORDS: Words = const { Words { depth: Cell::new(0), request: Cell::new(0) } };
}

/// While it lives, the thread is in a reallocation.
pub(crate) struct Moving;

impl Moving {
    #[inline(always)]
    pub(crate) fn begin() -> Self {
        WORDS.with(|words| words.depth.set(words.depth.get().wrapping_add(1)));
        // A handler sees what this thread did in order.
        compiler_fence(SeqCst);
        Self
    }
}

impl Drop for Moving {
    #[inline(always)]
    fn drop(&mut self) {
        compiler_fence(SeqCst);
        let is_asked = WORDS.with(|words| {
            words.depth.set(words.depth.get().wrapping_sub(1));
            // A request that comes before this is seen below, and none that comes later waits.
            compiler_fence(SeqCst);
            words.request.get() != 0
        });
        if is_asked {
            stop();
        }
    }
}

#[cold]
#[inline(never)]
fn stop() {
    let request = WORDS.with(|words| if words.depth.get() == 0 { words.request.take() } else { 0 });
    if request != 0 {
        stop_here(request);
    }
}

/// Where each thread has its words, from its thread pointer on.
static PLACE: AtomicUsize = AtomicUsize::new(0);

/// Called before any request is put off.
pub(crate) fn find_place() {
    let words = WORDS.with(|words| core::ptr::from_ref(words).addr());
    PLACE.store(words.wrapping_sub(thread_pointer() as usize), Relaxed);
}

/// Called by a signal handler: has the request wait, if the thread is in a reallocation.
///
/// In a library that was loaded late, a thread's first use of a thread-local in the usual way may allocate, while the
/// handler has interrupted the allocator. So the words are found without.
pub(crate) fn put_off(request: u64) -> bool {
    let place = (thread_pointer() as usize).wrapping_add(PLACE.load(Relaxed));
    // SAFETY: `ledger::current` has a word in the model "initial-exec". So the linker says that this library needs its
    // thread-locals at one distance from the thread pointers of all threads, and the loader sees to it.
    let words = unsafe { &*(place as *const Words) };
    let is_moving = words.depth.get() != 0;
    if is_moving {
        words.request.set(request);
    }
    is_moving
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_waits_for_the_end_of_the_outermost_reallocation() {
        find_place();
        assert!(!put_off(2));
        let outer = Moving::begin();
        assert!(put_off(2), "its turn is over, so it stops nobody");
        let waits = || WORDS.with(|words| words.request.get());
        // A handler reallocates.
        drop(Moving::begin());
        assert_eq!(waits(), 2);
        drop(outer);
        assert_eq!((waits(), put_off(2)), (0, false));
    }
}
