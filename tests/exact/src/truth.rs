//! An allocator that counts independently, in the simplest way.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

static LIVE: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicI64 = AtomicI64::new(0);

thread_local! {
    static LIVE_HERE: Cell<i64> = const { Cell::new(0) };
    static PEAK_HERE: Cell<i64> = const { Cell::new(0) };
    static REQUESTED_HERE: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

/// Bytes in use by the process.
pub(crate) fn live() -> i64 {
    LIVE.load(SeqCst)
}

/// The most bytes in use by the process since [`reset_peak`].
pub(crate) fn peak() -> i64 {
    PEAK.load(SeqCst)
}

pub(crate) fn reset_peak() {
    PEAK.store(live(), SeqCst);
}

/// Bytes that this thread allocated minus those that it freed.
pub(crate) fn live_here() -> i64 {
    LIVE_HERE.get()
}

/// Runs `work`, and returns by how much this thread's bytes rose meanwhile at the most.
pub(crate) fn rise_here<R>(work: impl FnOnce() -> R) -> (R, i64) {
    let (start, before) = (live_here(), PEAK_HERE.get());
    PEAK_HERE.set(start);
    let result = work();
    let peak = PEAK_HERE.get();
    PEAK_HERE.set(peak.max(before));
    (result, peak - start)
}

/// Bytes and blocks that this thread asked for; reallocations do not count.
pub(crate) fn requested_here() -> (usize, usize) {
    REQUESTED_HERE.get()
}

/// Counts what passes to `A`: put it inside the profiler's allocator or around it.
#[derive(Debug)]
pub struct Truth<A = System>(pub A);

fn count(change: i64) {
    PEAK.fetch_max(LIVE.fetch_add(change, SeqCst) + change, SeqCst);
    LIVE_HERE.set(LIVE_HERE.get() + change);
    PEAK_HERE.set(PEAK_HERE.get().max(LIVE_HERE.get()));
}

fn count_block(block: *mut u8, layout: Layout) -> *mut u8 {
    if !block.is_null() {
        count(layout.size() as i64);
        let (bytes, blocks) = REQUESTED_HERE.get();
        REQUESTED_HERE.set((bytes + layout.size(), blocks + 1));
    }
    block
}

// SAFETY: every method forwards to an allocator that upholds the contract and returns what that
// returned. Counting neither allocates nor unwinds.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Truth<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that the inner allocator needs.
        count_block(unsafe { self.0.alloc(layout) }, layout)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as in `alloc`.
        count_block(unsafe { self.0.alloc_zeroed(layout) }, layout)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(-(layout.size() as i64));
        // SAFETY: as in `alloc`.
        unsafe { self.0.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as in `alloc`.
        let moved = unsafe { self.0.realloc(block, layout, new_size) };
        if !moved.is_null() {
            count(new_size as i64 - layout.size() as i64);
        }
        moved
    }
}
