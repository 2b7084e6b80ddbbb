//! An allocator that sums up which blocks are alive, beneath that of the profiler.

use std::alloc::{GlobalAlloc, Layout};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use mem_profile::account::{Account, ClassKind, Counted, SizePin};
use mem_profile_runtime::internal;

/// Larger blocks are given out as they were asked for. Smaller ones are made so large by the profiler's allocator.
const SMALL: usize = 16;

static BYTES: AtomicU64 = AtomicU64::new(0);
static BLOCKS: AtomicU64 = AtomicU64::new(0);
static SMALL_BLOCKS: AtomicU64 = AtomicU64::new(0);

/// Blocks of the profiler itself do not count.
#[derive(Debug)]
pub struct Recorder<A>(pub A);

/// Some blocks of a size, fewer if the number is negative.
fn count(size: usize, blocks: i64) {
    if internal::is_quiet() {
        return;
    }
    if size > SMALL {
        BYTES.fetch_add((size as i64 * blocks) as u64, SeqCst);
        BLOCKS.fetch_add(blocks as u64, SeqCst);
    } else {
        SMALL_BLOCKS.fetch_add(blocks as u64, SeqCst);
    }
}

// SAFETY: every method forwards to an allocator that upholds the contract, and returns what that returned.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Recorder<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 1);
        // SAFETY: the caller's promises.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 1);
        // SAFETY: the caller's promises.
        unsafe { self.0.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(layout.size(), -1);
        // SAFETY: the caller's promises.
        unsafe { self.0.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(layout.size(), -1);
        count(size, 1);
        // SAFETY: the caller's promises.
        unsafe { self.0.realloc(block, layout, size) }
    }
}

/// Bytes and number of larger blocks that are alive, and the number of small ones.
pub fn live() -> [u64; 3] {
    [&BYTES, &BLOCKS, &SMALL_BLOCKS].map(|figure| figure.load(SeqCst))
}

/// The account has all live blocks, byte by byte: some are resident, and others were never touched.
pub fn check(account: &Account, recorded: [u64; 3]) {
    println!("{recorded:?} recorded, {:?}", account.counted);
    let pins = account.pins.as_ref().expect("the blocks are known");
    let sum = |is_small: bool, figure: fn(&SizePin) -> u64| -> u64 {
        let sizes = pins.sizes.iter().filter(|it| (it.up_to <= SMALL as u64) == is_small);
        sizes.map(figure).sum()
    };
    let known =
        [sum(false, |it| it.block_bytes), sum(false, |it| it.blocks), sum(true, |it| it.blocks)];
    assert_eq!(known, recorded);
    let all = Counted {
        bytes: sum(true, |it| it.block_bytes) + known[0],
        blocks: Some(known[1] + known[2]),
    };
    assert_eq!(account.counted, Some(all));
    let untouched: u64 = account.untouched.iter().map(|it| it.bytes).sum();
    assert_eq!(account.bytes(ClassKind::LiveBlocks) + untouched, all.bytes);
}
