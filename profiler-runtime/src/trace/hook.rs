//! What the allocator calls for every block while tracing is on.
//!
//! It books on counters that only this thread writes. Where that is not possible, because the
//! thread is past its end, or because a signal handler interrupted the booking, the block is
//! counted without a stack, on counters that all threads share.

use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::counters::Amount;
use super::state::{self, Busy, State};
use super::{sample, shadow, tree};
use crate::record::quiet;
use crate::record::watch::{Moved, Watcher};

pub(super) static WATCHER: Watcher = Watcher { allocated, freed, moving, moved };

/// A block is temporary if it is freed before this many more are allocated.
static TEMPORARY_WITHIN: AtomicUsize = AtomicUsize::new(1);

const NOTHING: Amount = Amount { blocks: 0, bytes: 0 };

pub(super) fn set_temporary_within(blocks: usize) {
    TEMPORARY_WITHIN.store(blocks.min(state::RECENT), Relaxed);
}

fn allocated(block: usize, size: usize) {
    let Some(state) = Busy::enter() else { return allocated_unseen(block, size) };
    if quiet::is_on() || !is_hit(&state, size) {
        return;
    }
    let site = state.trace.site();
    if shadow::put(block, site) {
        book_alloc(&state, site, size);
        state.note_block(block);
    }
}

/// Whether the block is one of those that are traced.
#[inline(always)]
fn is_hit(state: &State, size: usize) -> bool {
    sample::mean_bytes() == 0 || state.until_hit.add(-(size as i64)) < 0 && hit(state)
}

#[cold]
#[inline(never)]
fn hit(state: &State) -> bool {
    let random = sample::next_random(state.random.get() as u64);
    state.random.set(random as i64);
    state.until_hit.set(sample::distance(random, sample::mean_bytes()));
    true
}

#[inline(always)]
fn book_alloc(state: &State, site: u32, size: usize) {
    let amount = sample::amount(size);
    let epoch = state.part.grow(amount.bytes);
    state.counters(site).on_alloc(amount, epoch);
}

#[inline(always)]
fn book_free(state: &State, site: u32, size: usize) {
    let amount = sample::amount(size);
    let epoch = state.part.shrink(amount.bytes);
    state.counters(site).on_free(amount, epoch);
}

#[cold]
#[inline(never)]
fn allocated_unseen(block: usize, size: usize) {
    // A sample leaves out what it cannot draw lots for.
    if quiet::is_on() || sample::mean_bytes() != 0 {
        return;
    }
    if shadow::put(block, tree::UNSEEN) {
        let amount = sample::amount(size);
        state::book_shared(tree::UNSEEN, amount, amount);
    }
}

fn freed(block: usize, size: usize) {
    let site = shadow::take(block);
    if site == 0 {
        return;
    }
    let Some(state) = Busy::enter() else { return freed_unseen(site, size) };
    book_free(&state, site, size);
    if state.is_recent(block, TEMPORARY_WITHIN.load(Relaxed)) {
        state.counters(site).on_temporary();
    }
}

#[cold]
#[inline(never)]
fn freed_unseen(site: u32, size: usize) {
    let Amount { blocks, bytes } = sample::amount(size);
    state::book_shared(site, NOTHING, Amount { blocks: -blocks, bytes: -bytes });
}

fn moving(block: usize) -> u32 {
    shadow::take(block)
}

fn moved(mark: u32, end: Moved) {
    match end {
        Moved::Failed { block } if mark != 0 => _ = shadow::put(block, mark),
        Moved::Failed { .. } => {}
        Moved::Told { old_size } => forget(mark, old_size),
        // An allocator inside told of it, and nothing that was counted has changed by it.
        Moved::To { block, old_size, .. } if shadow::get(block) != 0 => forget(mark, old_size),
        Moved::To { block, old_size, size } => reallocated(mark, old_size, block, size),
    }
}

/// Books the end of a block that was taken out of the map already.
fn forget(mark: u32, size: usize) {
    if mark == 0 {
        return;
    }
    match Busy::enter() {
        Some(state) => book_free(&state, mark, size),
        None => freed_unseen(mark, size),
    }
}

/// The old block ends and a new one begins, both at once: in between there is no peak.
fn reallocated(mark: u32, old_size: usize, block: usize, size: usize) {
    let Some(state) = Busy::enter() else {
        if mark != 0 {
            freed_unseen(mark, old_size);
        }
        return allocated_unseen(block, size);
    };
    if mark != 0 {
        book_free(&state, mark, old_size);
    }
    if quiet::is_on() || !is_hit(&state, size) {
        return;
    }
    let site = state.trace.site();
    if shadow::put(block, site) {
        book_alloc(&state, site, size);
        state.counters(site).on_reallocation();
        state.note_block(block);
    }
}
