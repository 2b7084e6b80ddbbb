//! Blocks that are sampled for listeners of [`probes`], with the feature `usdt`.
//!
//! Which blocks were sampled is kept until they are freed, whoever listens by then: so each free that is said belongs
//! to an allocation that was.
//!
//! PERF: while nobody listens, an allocation asks one word and a free another: 19 → 28 instructions both together
//! (cost bench). All else is called last.

use core::cell::Cell;
use core::ptr;
use core::sync::atomic::{
    AtomicPtr, AtomicU64, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed},
};

use super::sampling::{STEP, chance, distance, mixed, next_random};
use crate::process::probes;
use crate::record::memory::live_blocks::{LiveBlock, LiveBlocks};
use crate::record::memory::pages::Pages;

/// Mean number of bytes between two samples, as the allocators have it that can sample.
const MEAN: u64 = 512 << 10;

/// How many sampled blocks are alive.
static SAMPLED: AtomicUsize = AtomicUsize::new(0);
/// Which, if there were any.
static BLOCKS: AtomicPtr<LiveBlocks> = AtomicPtr::new(ptr::null_mut());
/// Where they are about, so that most frees need not look.
static PAGES: Pages = Pages::empty();

/// Whether somebody listens for blocks.
#[inline(always)]
pub(crate) fn has_listeners() -> bool {
    probes::has_listeners()
}

/// Whether a sampled block is alive. Who has one sees that.
#[inline(always)]
pub(crate) fn has_blocks() -> bool {
    SAMPLED.load(Relaxed) != 0
}

/// A block was allocated.
#[inline(always)]
pub(crate) fn allocated(block: *mut u8, size: usize) {
    if has_listeners() {
        draw(block, size);
    }
}

/// A block has another size: for listeners it is another block. With the same size it is sampled if it was, and no
/// chance is taken: whether an allocator inside has counted that, nobody could see.
#[inline(always)]
pub(crate) fn resized(block: *mut u8, old_size: usize, size: usize) {
    if old_size != size {
        allocated(block, size);
    }
}

/// It was sampled, and stays so.
#[cold]
pub(crate) fn kept(block: *mut u8, size: usize) {
    sample(block, size);
}

#[cold]
#[inline(never)]
fn draw(block: *mut u8, size: usize) {
    if is_hit(size) {
        sample(block, size);
    }
}

/// Whether this thread's next hit is in the block. A signal handler that comes in between makes the wait a little
/// longer, or another one that is as likely.
fn is_hit(size: usize) -> bool {
    thread_local! {
        // Const and without a destructor, as the ledger's.
        static LEFT: Cell<i64> = const { Cell::new(0) };
        static RANDOM: Cell<u64> = const { Cell::new(0) };
    }
    let draw = |random: u64| {
        RANDOM.set(next_random(random));
        distance(RANDOM.get(), MEAN)
    };
    let left = match RANDOM.get() {
        0 => draw(seed()),
        _ => LEFT.get(),
    } - size as i64;
    let is_hit = left <= 0;
    LEFT.set(if is_hit { draw(RANDOM.get()) } else { left });
    is_hit
}

/// Another one for each thread, and where addresses are random for each process.
fn seed() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let start = (&raw const NEXT).addr() as u64;
    mixed(NEXT.fetch_add(STEP, Relaxed).wrapping_add(start))
}

fn sample(block: *mut u8, size: usize) {
    let known = LiveBlock { address: block.addr(), size, row: ptr::null(), in_panic: false };
    // What cannot be kept is not said, since its free could not be.
    if blocks_or_make().is_some_and(|blocks| blocks.put(&known)) {
        PAGES.add(block.addr());
        SAMPLED.fetch_add(1, Relaxed);
        let weight = size as f64 / chance(size, MEAN);
        probes::sampled_alloc(block, size as u64, weight.round() as u64);
    }
}

/// The block is about to be freed. Whether it was sampled.
pub(crate) fn freed(block: *mut u8) -> bool {
    let is_known =
        PAGES.may_hold(block.addr()) && blocks().is_some_and(|blocks| blocks.take(block.addr()));
    if is_known {
        PAGES.remove(block.addr());
        SAMPLED.fetch_sub(1, Relaxed);
        probes::sampled_free(block);
    }
    is_known
}

fn blocks() -> Option<&'static LiveBlocks> {
    // SAFETY: null, or blocks that are never freed.
    unsafe { BLOCKS.load(Acquire).as_ref() }
}

fn blocks_or_make() -> Option<&'static LiveBlocks> {
    blocks().or_else(|| {
        let made = LiveBlocks::reserve_alone()?;
        let place = ptr::from_ref(made).cast_mut();
        if BLOCKS.compare_exchange(ptr::null_mut(), place, AcqRel, Acquire).is_err() {
            // Another thread was faster.
            made.release();
        }
        blocks()
    })
}

#[cfg(test)]
mod tests;
