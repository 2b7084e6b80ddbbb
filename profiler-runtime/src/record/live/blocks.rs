//! Blocks are counted on the path of the line that allocates them, and taken off it by whoever frees them.
//!
//! After each operation the sum over all paths is what the ledgers say is live in the process.

use core::hint::black_box;
#[cfg(feature = "account")]
use core::ops::{ControlFlow, Range};
use core::ptr;

use mem_profile_format::layout::paths::OUTSIDE;

use super::lines::{counter_of, counter_of_line};
use crate::record::ledger::current::{ENDED, UNREGISTERED};
use crate::record::ledger::kind::Kind;
use crate::record::ledger::ledger::Ledger;
use crate::record::ledger::notes;
use crate::record::ledger::published::published;
use crate::record::ledger::threads;
use crate::record::memory::block_map::Block;
use crate::record::memory::common::COMMON;
use crate::record::memory::counter::Counter;
use crate::record::memory::counters::Counters;
use crate::record::memory::mark;

/// The counters of threads that have no record, or no memory for their own: all of them may write.
static SHARED: Counters = Counters::new();

/// The owner of an operation for which a special ledger was found.
pub(super) enum Owner {
    Thread(&'static Ledger),
    /// The thread is past its end, or memory for a record is out.
    Process,
    Nobody,
}

/// The blocks that are on a path, by their addresses.
pub(crate) fn each() -> impl Iterator<Item = Block> {
    COMMON.blocks.each()
}

/// Visits those that begin in a range, until the visitor breaks.
#[cfg(feature = "account")]
pub(crate) fn visit(range: Range<usize>, visitor: impl FnMut(Block) -> ControlFlow<()>) {
    let _ = COMMON.blocks.visit(range, visitor);
}

/// Whether there is memory for what is needed, at first for the bytes that are live by now. Not for two
/// threads at once.
pub(super) fn reserve(live: i64) -> bool {
    let Some(outside) = SHARED.get(OUTSIDE) else { return false };
    outside.live.set(live);
    COMMON.blocks.reserve()
}

/// The ledger has counted a new block. Returns the block, since this is called last; also where live blocks are not
/// recorded.
#[inline(never)]
pub(in crate::record) fn allocated(
    ledger: &'static Ledger,
    block: *mut u8,
    size: usize,
) -> *mut u8 {
    // PERF: all else is called last, so no register has to be saved.
    if let Some(counter) = ledger.row().counter(ledger.caller_key())
        && counter.is_of(mark::epoch())
        && let Some(entry) = COMMON.blocks.find_short(block.addr(), size)
    {
        counter.on_alloc(size as i64);
        entry.set(size, counter.site.get() as u32);
        return block;
    }
    allocated_slow(ledger, block, size)
}

#[inline(never)]
fn allocated_slow(ledger: &'static Ledger, block: *mut u8, size: usize) -> *mut u8 {
    if !notes::records_live() {
        notes::stop_asking(ledger);
    } else if let Some(counter) = counter_of_line(ledger) {
        counter.on_alloc(size as i64);
        if !COMMON.blocks.put(block.addr(), size, counter.site.get() as u32) {
            lose(ledger, counter, size as i64);
        }
    } else {
        count_shared(OUTSIDE, size as i64, 1);
    }
    // PERF: the compiler sees that it is the same block, and would save it around the call: 3 instructions an
    // allocation.
    black_box(block)
}

/// The same where any ledger was found, which has counted the block.
pub(in crate::record) fn allocated_anywhere(found: &'static Ledger, block: *mut u8, size: usize) {
    match owner(found) {
        Owner::Thread(ledger) => _ = allocated(ledger, block, size),
        Owner::Process => count_shared(OUTSIDE, size as i64, 1),
        Owner::Nobody => {}
    }
}

/// The block is about to be freed, which the ledger that was found has counted already. Whether that was all: else
/// [`freed`] is to be called, or more is to be done.
#[inline(always)]
pub(in crate::record) fn freed_simply(
    ledger: &'static Ledger,
    block: *mut u8,
    size: usize,
) -> bool {
    if let Some(live) = ledger.live_inside()
        && !mark::is_stopped(live + size as i64)
        && let Some(entry) = COMMON.blocks.find(block.addr())
        && let Some(site) = entry.site(size)
        // SAFETY: a ledger that is inside of its window is no special one.
        && let Some(counter) = unsafe { ledger.thread_of_usual() }.counters.find(site)
        && counter.is_of(mark::epoch())
    {
        counter.on_free(size as i64);
        entry.clear();
        return true;
    }
    false
}

/// The same in all other cases.
pub(in crate::record) fn freed(ledger: &'static Ledger, block: *mut u8, size: usize) {
    mark::before_shrinking(ledger.total() + size as i64);
    take_off(ledger, take(ledger, block, size), size);
}

/// The block is about to be freed, which the ledger that was found will count.
pub(in crate::record) fn freed_anywhere(found: &'static Ledger, block: *mut u8, size: usize) {
    match owner(found) {
        Owner::Thread(ledger) => {
            mark::before_shrinking(ledger.total());
            take_off(ledger, take(ledger, block, size), size);
        }
        Owner::Process => {
            before_shrinking(0);
            count_shared(COMMON.blocks.take(block.addr(), size).max(OUTSIDE), -(size as i64), -1);
        }
        Owner::Nobody => {}
    }
}

/// An allocator whose blocks may lie anywhere has made (`blocks` = 1), resized (0) or freed (−1) one, which has
/// been counted: it is on no line.
pub(in crate::record) fn changed_outside(found: &'static Ledger, bytes: i64, blocks: i64) {
    match owner(found) {
        Owner::Thread(ledger) => {
            mark::before_shrinking(ledger.total() - bytes.min(0));
            match counter_of(ledger, OUTSIDE) {
                Some(counter) => counter.add_shared(bytes, blocks),
                None => count_shared(OUTSIDE, bytes, blocks),
            }
        }
        Owner::Process => {
            before_shrinking(bytes.min(0));
            count_shared(OUTSIDE, bytes, blocks);
        }
        Owner::Nobody => {}
    }
}

/// The site of the block, which is forgotten; [`OUTSIDE`] where nobody knows the block.
#[inline(always)]
pub(super) fn take(ledger: &'static Ledger, block: *mut u8, size: usize) -> u32 {
    match COMMON.blocks.take(block.addr(), size) {
        0 => ledger.thread().and_then(|thread| thread.end_taking(block)).unwrap_or(OUTSIDE),
        site => site,
    }
}

/// The block is taken off the path.
#[inline(always)]
pub(super) fn take_off(ledger: &'static Ledger, site: u32, size: usize) {
    match counter_of(ledger, site.max(OUTSIDE)) {
        Some(counter) => counter.on_free(size as i64),
        None => count_shared(site.max(OUTSIDE), -(size as i64), -1),
    }
}

/// The map has no room for the block, so whoever frees it finds that it belongs to no line.
#[cold]
#[inline(never)]
pub(super) fn lose(ledger: &'static Ledger, counter: &Counter, size: i64) {
    counter.on_free(size);
    add_at_once!(counter, Counter, allocated, size.wrapping_neg());
    add_at_once!(counter, Counter, allocations, const -1);
    match counter_of(ledger, OUTSIDE) {
        Some(outside) => outside.on_alloc(size),
        None => count_shared(OUTSIDE, size, 1),
    }
}

/// A thread past its end will have freed a block, or has: then `change` is what that has counted.
pub(super) fn before_shrinking(change: i64) {
    mark::before_shrinking(published() - change);
}

pub(super) fn count_shared(site: u32, bytes: i64, blocks: i64) {
    if let Some(counter) = SHARED.get(site) {
        counter.begin_epoch(mark::epoch());
        counter.add_shared(bytes, blocks);
    }
}

/// The owner that has counted an operation, or will.
pub(super) fn owner(found: &'static Ledger) -> Owner {
    if found.kind() != Kind::Special {
        return Owner::Thread(found);
    }
    if let Some(thread) = found.thread() {
        return Owner::Thread(thread.heap());
    }
    if ![&UNREGISTERED, &ENDED].into_iter().any(|counted| ptr::eq(found, counted)) {
        return Owner::Nobody;
    }
    threads::current().map_or(Owner::Process, |thread| Owner::Thread(thread.heap()))
}
