//! A block is counted on the ledger of its thread, and those who watch or note blocks are called.

use super::noting;
use super::usdt;
use crate::record::ledger::current::current_ledger;
use crate::record::ledger::ledger::Ledger;
use crate::record::ledger::notes;
use crate::record::ledger::stand_in::Pause;
use crate::record::live::blocks;

/// Returns the block: what is seldom called is called last, and costs nothing where it is not. `WRAPS` where the
/// block may lie anywhere, so that it cannot be on a line.
#[inline(always)]
pub(super) fn count_alloc<const WRAPS: bool>(
    ledger: &'static Ledger,
    block: *mut u8,
    size: usize,
) -> *mut u8 {
    if ledger.on_alloc(size) {
        if ledger.allocations_ask() {
            return asking_alloc::<WRAPS>(ledger, block, size);
        }
        return block;
    }
    if ledger.is_inside()
        && !notes::records_live()
        && let Some(watcher) = ledger.watcher()
    {
        return (watcher.allocated)(block, size);
    }
    alloc_slow::<WRAPS>(ledger, block, size)
}

/// The same for a block of which somebody may hear.
#[cold]
#[inline(never)]
pub(super) fn count_heard_alloc(block: *mut u8, size: usize) -> *mut u8 {
    usdt::allocated(block, size);
    count_alloc::<false>(current_ledger(), block, size)
}

#[inline(always)]
fn asking_alloc<const WRAPS: bool>(
    ledger: &'static Ledger,
    block: *mut u8,
    size: usize,
) -> *mut u8 {
    if !WRAPS {
        return blocks::allocated(ledger, block, size);
    }
    if notes::records_live() {
        blocks::changed_outside(ledger, size as i64, 1);
    }
    block
}

#[cold]
#[inline(never)]
pub(crate) fn alloc_slow<const WRAPS: bool>(
    ledger: &'static Ledger,
    block: *mut u8,
    size: usize,
) -> *mut u8 {
    if let Some(pause) = Pause::begin(ledger) {
        noting::allocated(pause.thread, block, size);
        return count_alloc::<WRAPS>(pause.ledger, block, size);
    }
    ledger.alloc_slow(size);
    if notes::records_live() {
        match WRAPS {
            true => blocks::changed_outside(ledger, size as i64, 1),
            false => blocks::allocated_anywhere(ledger, block, size),
        }
    }
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
        None => {
            if !ledger.on_shrink(old - new) {
                ledger.free_slow(old - new);
            }
        }
    }
}
