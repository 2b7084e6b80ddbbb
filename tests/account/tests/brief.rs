//! The figures that cost next to nothing.
#![allow(missing_docs)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use mem_profile::Alloc;
use mem_profile::account::brief;

/// Counts how often it is asked.
struct Asked;

static ASKED: AtomicUsize = AtomicUsize::new(0);

// SAFETY: forwards to an allocator that upholds the contract.
unsafe impl GlobalAlloc for Asked {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ASKED.fetch_add(1, Relaxed);
        // SAFETY: the caller's promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: made by `alloc`.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOC: Alloc<Asked> = Alloc::wrap(Asked);

/// Brief figures count each byte, and allocate nothing. The harness would allocate meanwhile, on its own thread.
fn main() {
    const BYTES: usize = 64 << 20;
    let asked = || ASKED.load(Relaxed);
    let begin = asked();
    let before = brief().expect("figures");
    assert_eq!(asked(), begin);
    let block = std::hint::black_box(vec![1_u8; BYTES]);
    let after = brief().expect("figures");
    drop(block);
    assert_eq!(after.live.zip(before.live).map(|(after, before)| after - before), Some(64 << 20));
    let grown = after.resident.abs_diff(before.resident + (64 << 20));
    assert!(grown <= 1 << 20, "{grown} B off");
    let parts = [after.live.expect("live blocks"), after.files, after.profiler];
    assert_eq!(after.rest(), Some(after.resident - parts.iter().sum::<u64>()));
}
