//! The allocator calls this for blocks while tracing is on: for every block or, in a sample, for those
//! that are hit and for the frees in pages that have some.
//!
//! It counts on counters that only this thread writes. If the thread is past its end, or a signal
//! handler interrupted the tracer, the block is counted without a stack, on counters that all threads
//! share.

use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::hook::next_hit;
use crate::hook::thread_state::{self, ReentrancyGuard, State};
use crate::tables::counters::Amount;
use crate::tables::{sample, shadow, tree};
use mem_profile_runtime::internal::{Moved, Watcher, is_quiet};

static EXACT: Watcher = Watcher {
    allocated: allocated::<false>,
    freed: freed::<false>,
    pages: None,
    moving: shadow::take::<false>,
    moved: moved::<false>,
};

static SAMPLE: Watcher = Watcher {
    allocated: allocated::<true>,
    freed: freed::<true>,
    pages: Some(&shadow::SAMPLED),
    moving: shadow::take::<true>,
    moved: moved::<true>,
};

/// The watcher that takes every block, or a sample.
pub(crate) fn watcher(is_sampled: bool) -> &'static Watcher {
    if is_sampled { &SAMPLE } else { &EXACT }
}

/// Where the functions begin that look at a stack.
pub(crate) fn functions() -> [u64; 6] {
    let reallocated: [fn(u32, usize, usize, usize); 2] =
        [reallocated::<false>, reallocated::<true>];
    let [exact, sample] =
        [(&EXACT, reallocated[0]), (&SAMPLE, reallocated[1])].map(|(watcher, reallocated)| {
            [watcher.allocated as usize, watcher.moved as usize, reallocated as usize]
        });
    [exact[0], exact[1], exact[2], sample[0], sample[1], sample[2]].map(|place| place as u64)
}

/// A block is temporary if it is freed before this many more are allocated.
static TEMPORARY_WITHIN: AtomicUsize = AtomicUsize::new(1);

const NOTHING: Amount = Amount { blocks: 0, bytes: 0 };

pub(crate) fn set_temporary_within(blocks: usize) {
    TEMPORARY_WITHIN.store(blocks.min(thread_state::RECENT), Relaxed);
}

fn allocated<const SAMPLED: bool>(block: *mut u8, size: usize) -> *mut u8 {
    if SAMPLED && !next_hit::is_hit(size, &SAMPLE) {
        return block;
    }
    let Some(state) = ReentrancyGuard::enter() else {
        allocated_without_stack::<SAMPLED>(block.addr(), size);
        return block;
    };
    let site = state.unwinder.site();
    if shadow::put::<SAMPLED>(block.addr(), size, site) {
        record_alloc::<SAMPLED>(&state, site, size);
        state.note_block(block.addr());
    }
    block
}

#[inline(always)]
fn record_alloc<const SAMPLED: bool>(state: &State, site: u32, size: usize) {
    let amount = sample::amount::<SAMPLED>(size);
    let epoch = state.part.grow(amount.bytes);
    state.counters(site).on_alloc(amount, epoch);
}

#[inline(always)]
fn record_free<const SAMPLED: bool>(state: &State, site: u32, size: usize) {
    let amount = sample::amount::<SAMPLED>(size);
    let epoch = state.part.shrink(amount.bytes);
    state.counters(site).on_free(amount, epoch);
}

#[cold]
#[inline(never)]
fn allocated_without_stack<const SAMPLED: bool>(block: usize, size: usize) {
    if is_quiet() {
        return;
    }
    if shadow::put::<SAMPLED>(block, size, tree::NO_STACK) {
        let amount = sample::amount::<SAMPLED>(size);
        thread_state::record_shared(tree::NO_STACK, amount, amount);
    }
}

fn freed<const SAMPLED: bool>(block: usize, size: usize) {
    // PERF: what is called is called last, so that nothing is saved for a block that is not known.
    match shadow::take_short::<SAMPLED>(block, size) {
        Some(site) => free_known_block::<SAMPLED>(site, block, size),
        None => freed_slowly::<SAMPLED>(block, size),
    }
}

/// The same for a block that is long, or not known.
#[inline(never)]
fn freed_slowly<const SAMPLED: bool>(block: usize, size: usize) {
    let site = shadow::take_any::<SAMPLED>(block);
    if site != 0 {
        free_known_block::<SAMPLED>(site, block, size);
    }
}

#[inline(never)]
fn free_known_block<const SAMPLED: bool>(site: u32, block: usize, size: usize) {
    let Some(state) = ReentrancyGuard::enter() else {
        return freed_without_stack::<SAMPLED>(site, size);
    };
    record_free::<SAMPLED>(&state, site, size);
    if state.is_recent(block, TEMPORARY_WITHIN.load(Relaxed)) {
        state.counters(site).on_temporary();
    }
}

#[cold]
#[inline(never)]
fn freed_without_stack<const SAMPLED: bool>(site: u32, size: usize) {
    let Amount { blocks, bytes } = sample::amount::<SAMPLED>(size);
    thread_state::record_shared(site, NOTHING, Amount { blocks: -blocks, bytes: -bytes });
}

fn moved<const SAMPLED: bool>(mark: u32, end: Moved) {
    match end {
        Moved::Failed { block, size } if mark != 0 => {
            _ = shadow::put::<SAMPLED>(block, size, mark);
        }
        Moved::Failed { .. } => {}
        Moved::Reported { old_size } => forget::<SAMPLED>(mark, old_size),
        // An allocator inside has reported it, and no figure has changed by it.
        Moved::To { block, old_size, .. } if shadow::is_known::<SAMPLED>(block) => {
            forget::<SAMPLED>(mark, old_size);
        }
        Moved::To { block, old_size, size } => {
            reallocated::<SAMPLED>(mark, old_size, block, size);
        }
    }
}

/// Counts the end of a block that was taken out of the map already.
fn forget<const SAMPLED: bool>(mark: u32, size: usize) {
    if mark == 0 {
        return;
    }
    match ReentrancyGuard::enter() {
        Some(state) => record_free::<SAMPLED>(&state, mark, size),
        None => freed_without_stack::<SAMPLED>(mark, size),
    }
}

/// The old block ends and a new one begins, both at once: in between there is no peak.
fn reallocated<const SAMPLED: bool>(mark: u32, old_size: usize, block: usize, size: usize) {
    let is_taken = !is_quiet() && (!SAMPLED || next_hit::is_hit_again(old_size, size, &SAMPLE));
    let Some(state) = ReentrancyGuard::enter() else {
        if mark != 0 {
            freed_without_stack::<SAMPLED>(mark, old_size);
        }
        if is_taken {
            allocated_without_stack::<SAMPLED>(block, size);
        }
        return;
    };
    if mark != 0 {
        record_free::<SAMPLED>(&state, mark, old_size);
    }
    if !is_taken {
        return;
    }
    let site = state.unwinder.site();
    if shadow::put::<SAMPLED>(block, size, site) {
        record_alloc::<SAMPLED>(&state, site, size);
        state.counters(site).on_reallocation();
        state.note_block(block);
    }
}
