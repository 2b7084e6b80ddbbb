//! Whether a sample takes a block. A thread draws ahead how many bytes it allocates up to its next
//! hit, and its ledger waits for that.
//!
//! PERF: most blocks of a sample make one comparison and call nothing: 56 instructions an allocation
//! and free, 38 with the tracer off, 462 in exact mode (depth 17, docs/costs.md).
//!
//! A signal handler may come in between. Memory that it allocates during a draw takes no part in the
//! wait: each of its blocks is drawn by itself, as is each block of a thread that has no ledger.

use crate::hook::thread_state::{self, DrawingGuard, State};
use crate::tables::sample;
use mem_profile_runtime::internal::sampling::{distance, next_random};
use mem_profile_runtime::internal::{NextSample, Watcher, is_quiet};

/// Whether the block is hit with which the ledger's wait has ended; begins the next one.
pub(crate) fn is_hit(size: usize, watcher: &'static Watcher) -> bool {
    draw(size, |state, next| {
        if next.at().is_none() {
            // The first wait begins with the thread's first block.
            let allocated = next.allocated();
            let end = allocated - size as i64 + next_distance(state);
            if end > allocated {
                next.set(end, watcher);
                return false;
            }
        }
        // If it waits already, a handler has taken this hit for its own.
        if next.is_due() {
            wait(state, next, watcher);
        }
        true
    })
}

/// The same for a block that was reallocated: all of it counts, and not only what it grew by.
pub(crate) fn is_hit_again(old_size: usize, size: usize, watcher: &'static Watcher) -> bool {
    draw(size, |state, next| {
        let allocated = next.allocated();
        let uncounted = (size - size.saturating_sub(old_size)) as i64;
        let counted = size as i64 - uncounted;
        let first = || allocated - counted + next_distance(state);
        let end = next.at().unwrap_or_else(first);
        let is_hit = end - uncounted <= allocated;
        if is_hit {
            wait(state, next, watcher);
        } else {
            next.set(end - uncounted, watcher);
        }
        is_hit
    })
}

fn draw(size: usize, draw: impl FnOnce(&State, &NextSample) -> bool) -> bool {
    let drawing = thread_state::current().zip(NextSample::of_this_thread());
    let drawing = drawing.and_then(|(state, next)| Some((DrawingGuard::begin(state)?, next)));
    match drawing {
        Some((drawing, next)) => draw(&drawing, &next),
        None => !is_quiet() && sample::is_hit(size),
    }
}

fn wait(state: &State, next: &NextSample, watcher: &'static Watcher) {
    let distance = next_distance(state);
    loop {
        let now = next.allocated();
        next.set(now + distance, watcher);
        // Else a handler allocated meanwhile, whose blocks were drawn by themselves.
        if next.allocated() == now {
            return;
        }
    }
}

fn next_distance(state: &State) -> i64 {
    let random = next_random(state.random.get() as u64);
    state.random.set(random as i64);
    distance(random, sample::mean_bytes())
}
