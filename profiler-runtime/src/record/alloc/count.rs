//! A block is counted on the ledger of its thread, and those who watch or note blocks are called.

use super::noting;
use crate::record::ledger::ledger::Ledger;
use crate::record::ledger::stand_in::Pause;

/// Returns the block: what is seldom called is called last, and costs nothing where it is not.
#[inline(always)]
pub(super) fn count_alloc(ledger: &'static Ledger, block: *mut u8, size: usize) -> *mut u8 {
    if ledger.on_alloc(size) {
        return block;
    }
    if ledger.is_inside()
        && let Some(watcher) = ledger.watcher()
    {
        return (watcher.allocated)(block, size);
    }
    alloc_slow(ledger, block, size)
}

#[cold]
#[inline(never)]
pub(crate) fn alloc_slow(ledger: &'static Ledger, block: *mut u8, size: usize) -> *mut u8 {
    if let Some(pause) = Pause::begin(ledger) {
        noting::allocated(pause.thread, block, size);
        return count_alloc(pause.ledger, block, size);
    }
    ledger.alloc_slow(size);
    #[cfg(feature = "watch")]
    let ledger = ledger.counting();
    match ledger.watcher() {
        Some(watcher) if ledger.sample_is_due() => (watcher.allocated)(block, size),
        _ => block,
    }
}

#[inline(always)]
pub(super) fn count_free(ledger: &Ledger, size: usize) {
    if !ledger.on_free(size) {
        ledger.free_slow(size);
    }
}

#[inline(always)]
pub(super) fn count_resize(ledger: &Ledger, old: usize, new: usize) {
    match new.checked_sub(old) {
        Some(0) => {}
        Some(more) => {
            if !ledger.on_grow(more) {
                ledger.grow_slow(more);
            }
        }
        None => count_free(ledger, old - new),
    }
}
