//! The requests that reach the inner allocator, and the figures when it fails.
#![allow(missing_docs)]

use std::alloc::{GlobalAlloc, Layout, System, alloc, alloc_zeroed, dealloc, realloc};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use hard::look_at;
use mem_profile::mem_profile;

/// Counts the calls of each method, and fails on request.
struct Probe {
    plain: AtomicUsize,
    zeroed: AtomicUsize,
    resized: AtomicUsize,
    freed: AtomicUsize,
    fails: AtomicBool,
}

/// Requests of this many bytes fail.
const FAIL: usize = 12_345;

impl Probe {
    fn is_out(&self, size: usize) -> bool {
        self.fails.load(Relaxed) && size == FAIL
    }
}

#[global_allocator]
static ALLOC: mem_profile::Alloc<&Probe> = mem_profile::Alloc::wrap(&PROBE);

static PROBE: Probe = Probe {
    plain: AtomicUsize::new(0),
    zeroed: AtomicUsize::new(0),
    resized: AtomicUsize::new(0),
    freed: AtomicUsize::new(0),
    fails: AtomicBool::new(true),
};

// SAFETY: forwards to the system's allocator or returns null, which the contract allows.
unsafe impl GlobalAlloc for &Probe {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.plain.fetch_add(1, Relaxed);
        if self.is_out(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promises are the system's requirements.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        self.zeroed.fetch_add(1, Relaxed);
        if self.is_out(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: as in `alloc`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        self.freed.fetch_add(1, Relaxed);
        // SAFETY: as in `alloc`.
        unsafe { System.dealloc(block, layout) };
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        self.resized.fetch_add(1, Relaxed);
        if self.is_out(size) {
            return std::ptr::null_mut();
        }
        // SAFETY: as in `alloc`.
        unsafe { System.realloc(block, layout, size) }
    }
}

/// Calls of alloc, alloc_zeroed, realloc and dealloc so far.
fn calls() -> [usize; 4] {
    [&PROBE.plain, &PROBE.zeroed, &PROBE.resized, &PROBE.freed].map(|count| count.load(Relaxed))
}

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).expect("a valid layout")
}

/// The first call of all starts the session, which allocates as well.
#[mem_profile]
fn start() {}

/// Every line is one request, so the report has the figures of each.
#[mem_profile]
#[rustfmt::skip]
fn requests() -> [*mut u8; 7] {
    // SAFETY: no layout is empty; every block is resized and freed with its own layout.
    unsafe {
        let plain = alloc(layout(1000, 1));
        let zeroed = alloc_zeroed(layout(2000, 8));
        let aligned = alloc(layout(100, 4096));
        let grown = realloc(plain, layout(1000, 1), 5000);
        let shrunk = realloc(zeroed, layout(2000, 8), 500);
        let same = realloc(shrunk, layout(500, 8), 500);
        let failed = alloc(layout(FAIL, 1));
        let failed_zeroed = alloc_zeroed(layout(FAIL, 1));
        let failed_growth = realloc(grown, layout(5000, 1), FAIL);
        look_at(&aligned); // or the compiler removes it
        assert!(aligned.addr().is_multiple_of(4096));
        dealloc(aligned, layout(100, 4096));
        [plain, grown, same, failed, failed_zeroed, failed_growth, same]
    }
}

fn main() {
    start();
    let before = calls();
    let [_, grown, same, failed @ .., _] = requests();
    let after = calls();
    assert_eq!(failed, [std::ptr::null_mut(); 3]);
    // SAFETY: allocated by `requests`, with these layouts; a failed growth leaves the block alone.
    unsafe {
        dealloc(grown, layout(5000, 1));
        dealloc(same, layout(500, 8));
    }
    look_at(&grown);
    let difference: Vec<_> =
        after.iter().zip(before).map(|(after, before)| after - before).collect();
    println!("{difference:?}");
}
