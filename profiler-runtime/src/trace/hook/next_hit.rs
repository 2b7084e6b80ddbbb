//! Whether a sample takes a block. Lots are drawn ahead: how many bytes a thread allocates up to the
//! next hit. Its ledger waits for that, so most blocks ask nothing.
//!
//! A signal handler may come in between. Memory that it allocates while lots are drawn takes no part in
//! the wait: it draws a lot of its own, as does a thread that has no ledger to wait.

use crate::record::alloc::quiet;
use crate::record::ledger::current::current_ledger;
use crate::record::alloc::watch::Watcher;
use crate::record::ledger::ledger::{ALWAYS, Ledger};
use crate::trace::hook::thread_state::{self, Drawing, State};
use crate::trace::tables::sample;

/// Whether the block is hit with which the ledger's wait has ended; begins the next one.
pub(crate) fn is_hit(size: usize, watcher: &'static Watcher) -> bool {
    draw(size, |state, ledger| {
        let (allocated, awaited) = ledger.allocated_and_awaited();
        if awaited == ALWAYS {
            // The first wait begins with the thread's first block.
            let end = allocated - size as i64 + next_distance(state);
            if end > allocated {
                ledger.await_until(end, watcher);
                return false;
            }
        }
        // If it waits already, a handler has taken this hit for its own.
        if ledger.is_reached() {
            wait(state, ledger, watcher);
        }
        true
    })
}

/// The same for a block that was reallocated: all of it counts, and not only what it grew by.
pub(crate) fn is_hit_again(old_size: usize, size: usize, watcher: &'static Watcher) -> bool {
    draw(size, |state, ledger| {
        let (allocated, awaited) = ledger.allocated_and_awaited();
        let uncounted = (size - size.saturating_sub(old_size)) as i64;
        let counted = size as i64 - uncounted;
        let end = match awaited {
            ALWAYS => allocated - counted + next_distance(state),
            _ => awaited,
        };
        let is_hit = end - uncounted <= allocated;
        if is_hit {
            wait(state, ledger, watcher);
        } else {
            ledger.await_until(end - uncounted, watcher);
        }
        is_hit
    })
}

fn draw(size: usize, draw: impl FnOnce(&State, &Ledger) -> bool) -> bool {
    let ledger = current_ledger().counting();
    let state = thread_state::current().filter(|_| ledger.thread().is_some());
    match state.and_then(Drawing::begin) {
        Some(drawing) => draw(&drawing, ledger),
        None => !quiet::is_on() && sample::is_hit(size),
    }
}

fn wait(state: &State, ledger: &Ledger, watcher: &'static Watcher) {
    let distance = next_distance(state);
    loop {
        let (now, _) = ledger.allocated_and_awaited();
        ledger.await_until(now + distance, watcher);
        // Else a handler allocated meanwhile, whose bytes have drawn their own lots.
        if ledger.allocated_and_awaited().0 == now {
            return;
        }
    }
}

fn next_distance(state: &State) -> i64 {
    let random = sample::next_random(state.random.get() as u64);
    state.random.set(random as i64);
    sample::distance(random, sample::mean_bytes())
}
