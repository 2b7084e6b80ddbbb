//! Blocks are counted on the path of the line that allocates them, and taken off it by whoever frees them.
//!
//! After each operation the sum over all paths is what the ledgers say is live in the process.

use core::ptr;

use mem_profile_format::layout::paths::OUTSIDE;

use super::paths::{self, Line};
use crate::record::ledger::current::{ENDED, UNREGISTERED, current_ledger};
use crate::record::ledger::kind::Kind;
use crate::record::ledger::ledger::Ledger;
use crate::record::ledger::row::{Chunk, Row};
use crate::record::ledger::threads;
use crate::record::memory::block_map::BlockMap;
use crate::record::memory::counter::Counter;
use crate::record::memory::counters::Counters;
use crate::record::memory::mark;

static BLOCKS: BlockMap = BlockMap::new();

/// The counters of threads that have no record, or no memory for their own: all of them may write.
static SHARED: Counters = Counters::new();

/// Who counts an operation for which a special ledger was found.
enum Owner {
    Thread(&'static Ledger),
    /// The thread is past its end, or memory for a record is out.
    Process,
    Nobody,
}

/// Whether there is memory for what is needed, at first for the bytes that are live by now. Not for two
/// threads at once.
pub(super) fn reserve(live: i64) -> bool {
    let Some(outside) = SHARED.get(OUTSIDE) else { return false };
    outside.live.set(live);
    BLOCKS.reserve()
}

/// The ledger has counted a new block. Returns the block, since this is called last.
#[inline(never)]
pub(in crate::record) fn allocated(
    ledger: &'static Ledger,
    block: *mut u8,
    size: usize,
) -> *mut u8 {
    let Some(counter) = counter_of_line(ledger) else {
        count_shared(OUTSIDE, size as i64, 1);
        return block;
    };
    counter.on_alloc(size as i64);
    if !BLOCKS.put(block.addr(), counter.site.get() as u32) {
        lose(ledger, counter, size as i64);
    }
    block
}

/// The same where any ledger was found, which has counted the block.
pub(in crate::record) fn allocated_anywhere(found: &'static Ledger, block: *mut u8, size: usize) {
    match owner(found) {
        Owner::Thread(ledger) => _ = allocated(ledger, block, size),
        Owner::Process => count_shared(OUTSIDE, size as i64, 1),
        Owner::Nobody => {}
    }
}

/// The block is about to be freed, which the thread's own ledger has counted already.
#[inline(always)]
pub(in crate::record) fn freed(ledger: &'static Ledger, block: *mut u8, size: usize) {
    mark::before_shrinking(ledger.usage() + size as i64);
    take_off(ledger, BLOCKS.take(block.addr()), size);
}

/// The block is about to be freed, which the ledger that was found will count.
pub(in crate::record) fn freed_anywhere(found: &'static Ledger, block: *mut u8, size: usize) {
    match owner(found) {
        Owner::Thread(ledger) => {
            mark::before_shrinking(ledger.usage());
            take_off(ledger, BLOCKS.take(block.addr()), size);
        }
        Owner::Process => {
            count_shared(BLOCKS.take(block.addr()).max(OUTSIDE), -(size as i64), -1);
        }
        Owner::Nobody => {}
    }
}

/// An allocator whose blocks may lie anywhere has made (`blocks` = 1), resized (0) or freed (−1) one, which has
/// been counted: it is on no line.
pub(in crate::record) fn changed_outside(found: &'static Ledger, bytes: i64, blocks: i64) {
    match owner(found) {
        Owner::Thread(ledger) => {
            mark::before_shrinking(ledger.usage() - bytes.min(0));
            match counter_of(ledger, OUTSIDE) {
                Some(counter) => counter.add_shared(bytes, blocks),
                None => count_shared(OUTSIDE, bytes, blocks),
            }
        }
        Owner::Process => count_shared(OUTSIDE, bytes, blocks),
        Owner::Nobody => {}
    }
}

/// A block that is being reallocated: it is on no line meanwhile.
pub(in crate::record) struct Moving {
    block: usize,
    size: usize,
    site: u32,
}

impl Moving {
    /// Before it moves: as soon as it has, another thread may get its address.
    pub(in crate::record) fn begin(block: *mut u8, size: usize, new_size: usize) -> Self {
        let ledger = current_ledger();
        if new_size < size
            && let Owner::Thread(ledger) = owner(ledger)
        {
            mark::before_shrinking(ledger.usage());
        }
        let block = block.addr();
        Self { block, size, site: BLOCKS.take(block) }
    }

    /// It stays as it was.
    pub(in crate::record) fn fail(self) {
        self.restore(self.block);
    }

    /// It has moved, which is counted by now: it is on the line that runs.
    pub(in crate::record) fn end(self, block: *mut u8, size: usize) {
        let (old, new) = (self.size as i64, size as i64);
        let site = self.site.max(OUTSIDE);
        match owner(current_ledger()) {
            Owner::Thread(ledger) => {
                let counters = counter_of(ledger, site).zip(counter_of_line(ledger));
                let Some((from, to)) = counters else { return };
                from.on_resize(-old, -1, 0);
                to.on_resize(new, 1, (new - old).max(0));
                if !BLOCKS.put(block.addr(), to.site.get() as u32) {
                    lose(ledger, to, new);
                }
            }
            Owner::Process => {
                count_shared(site, -old, -1);
                count_shared(OUTSIDE, new, 1);
            }
            // It is counted as it was.
            Owner::Nobody => self.restore(block.addr()),
        }
    }

    fn restore(&self, block: usize) {
        if self.site != 0 {
            BLOCKS.put(block, self.site);
        }
    }
}

/// The block is taken off the path, or off no line where nobody knows it.
#[inline(always)]
fn take_off(ledger: &'static Ledger, site: u32, size: usize) {
    let site = site.max(OUTSIDE);
    match ledger.thread().and_then(|thread| thread.counters.find(site)) {
        Some(counter) => {
            counter.begin_epoch(mark::epoch());
            counter.on_free(size as i64);
        }
        None => take_off_first(ledger, site, size),
    }
}

/// The same for a path on which the thread has counted nothing yet.
#[cold]
#[inline(never)]
fn take_off_first(ledger: &'static Ledger, site: u32, size: usize) {
    match counter_of(ledger, site) {
        Some(counter) => counter.on_free(size as i64),
        None => count_shared(site, -(size as i64), -1),
    }
}

/// The map has no room for the block, so whoever frees it finds that it belongs to no line.
#[cold]
#[inline(never)]
fn lose(ledger: &'static Ledger, counter: &Counter, size: i64) {
    counter.on_resize(-size, -1, -size);
    counter.allocations.add(-1);
    match counter_of(ledger, OUTSIDE) {
        Some(outside) => outside.on_alloc(size),
        None => count_shared(OUTSIDE, size, 1),
    }
}

fn count_shared(site: u32, bytes: i64, blocks: i64) {
    if let Some(counter) = SHARED.get(site) {
        counter.begin_epoch(mark::epoch());
        counter.add_shared(bytes, blocks);
    }
}

/// Who has counted an operation, or will.
fn owner(found: &'static Ledger) -> Owner {
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

/// The thread's counter of the line that runs, in the current epoch; `None` when memory is out.
#[inline(always)]
fn counter_of_line(ledger: &'static Ledger) -> Option<&'static Counter> {
    let (row, epoch) = (ledger.row(), mark::epoch());
    match row.counter(ledger.caller_site()) {
        Some(counter) if counter.epoch.get() == epoch => Some(counter),
        Some(counter) => {
            counter.begin_epoch(epoch);
            Some(counter)
        }
        None => find_counter(ledger, row),
    }
}

/// The same where the row has no counter for the path that leads there.
#[cold]
#[inline(never)]
fn find_counter(ledger: &'static Ledger, row: &'static Row) -> Option<&'static Counter> {
    let Some(_busy) = ledger.begin_work() else {
        // A handler has interrupted a call or an event: its memory is on the line that it has interrupted.
        let counter = row.latest_counter().or_else(|| counter_of(ledger, OUTSIDE))?;
        counter.begin_epoch(mark::epoch());
        return Some(counter);
    };
    let caller = ledger.find_path(site_of);
    let site = match ledger.chunk() {
        Some(chunk) => site_of(caller, chunk, row),
        None => OUTSIDE,
    };
    let counter = counter_of(ledger, site)?;
    row.keep_counter(caller, counter);
    Some(counter)
}

/// The path of a line that was called on another one.
fn site_of(caller: u32, chunk: Chunk, row: &Row) -> u32 {
    match chunk.find_row(row) {
        Some(index) => paths::site_of(caller, Line::new(chunk.table.get(), index)),
        None => caller,
    }
}

/// The thread's counter of a path, in the current epoch; `None` when memory is out.
fn counter_of(ledger: &'static Ledger, site: u32) -> Option<&'static Counter> {
    let counter = ledger.thread()?.counters.get(site)?;
    counter.begin_epoch(mark::epoch());
    Some(counter)
}
