//! Blocks that are reallocated, and those that an allocator around another one frees: they are on no line while
//! the allocator inside works.

use mem_profile_format::layout::paths::OUTSIDE;

use super::blocks::{Owner, before_shrinking, count_shared, lose, owner, take, take_off};
use super::lines::{counter_of, counter_of_line};
use crate::record::ledger::current::current_ledger;
use crate::record::ledger::ledger::Ledger;
use crate::record::memory::common::COMMON;
use crate::record::memory::mark;

/// A block is about to be reallocated, on the ledger that was found. Returns its site if nobody asks but for that:
/// then it is on no line until it is [`moved`]. Else nothing has happened.
#[inline(always)]
pub(in crate::record) fn moving_simply(
    ledger: &'static Ledger,
    block: *mut u8,
    size: usize,
    new_size: usize,
) -> Option<u32> {
    let live = ledger.live_inside()?;
    let is_stopped =
        if new_size < size { mark::is_stopped(live) } else { mark::is_growth_stopped() };
    if is_stopped {
        return None;
    }
    Some(COMMON.blocks.take(block.addr(), size)).filter(|&site| site != 0)
}

/// A block is about to be reallocated by the thread of this ledger. Returns its site: it is on no line until it is
/// [`moved`].
fn moving(ledger: &'static Ledger, block: *mut u8, size: usize, new_size: usize) -> u32 {
    if new_size < size {
        mark::before_shrinking(ledger.total());
    }
    take(ledger, block, size)
}

/// It stays as it was.
#[cold]
pub(in crate::record) fn stayed(site: u32, block: *mut u8, size: usize) {
    if site != 0 {
        COMMON.blocks.put(block.addr(), size, site);
    }
}

/// It has moved, which the ledger has counted: it is on the line that runs.
#[inline(always)]
pub(in crate::record) fn moved(
    ledger: &'static Ledger,
    site: u32,
    size: usize,
    block: *mut u8,
    new_size: usize,
) {
    if let Some(counter) = ledger.row().counter(ledger.caller_key())
        && counter.is_of(mark::epoch())
        && counter.counts(site)
        && let Some(entry) = COMMON.blocks.find_short(block.addr(), new_size)
    {
        let change = new_size as i64 - size as i64;
        counter.on_resize(change, change.max(0));
        entry.set(new_size, site);
        return;
    }
    moved_slow(ledger, site, size, block, new_size);
}

#[inline(never)]
fn moved_slow(ledger: &'static Ledger, site: u32, size: usize, block: *mut u8, new_size: usize) {
    let (old, new) = (size as i64, new_size as i64);
    let counters = counter_of(ledger, site.max(OUTSIDE)).zip(counter_of_line(ledger));
    let Some((from, to)) = counters else { return };
    from.on_free(old);
    to.on_move(new, (new - old).max(0));
    if !COMMON.blocks.put(block.addr(), new_size, to.site.get() as u32) {
        lose(ledger, to, new);
    }
}

/// A block that is being reallocated on a thread whose ledger may be a special one.
pub(in crate::record) struct Moving {
    block: *mut u8,
    size: usize,
    site: u32,
}

impl Moving {
    /// Before it moves: as soon as it has, another thread may get its address. If an allocator inside counts, this
    /// is the site that it finds.
    pub(in crate::record) fn begin(
        block: *mut u8,
        size: usize,
        new_size: usize,
        wraps: bool,
    ) -> Self {
        let site = match owner(current_ledger()) {
            Owner::Thread(ledger) => moving(ledger, block, size, new_size),
            Owner::Process => {
                before_shrinking(0);
                COMMON.blocks.take(block.addr(), size)
            }
            Owner::Nobody => COMMON.blocks.take(block.addr(), size),
        };
        if let Some(thread) = current_ledger().thread().filter(|_| wraps) {
            thread.begin_taking(block, site);
        }
        Self { block, size, site }
    }

    /// It stays as it was.
    pub(in crate::record) fn fail(self) {
        self.end_taking();
        stayed(self.site, self.block, self.size);
    }

    /// It has moved, which is counted by now: it is on the line that runs.
    pub(in crate::record) fn end(self, block: *mut u8, size: usize) {
        self.end_taking();
        match owner(current_ledger()) {
            Owner::Thread(ledger) => moved(ledger, self.site, self.size, block, size),
            Owner::Process => {
                count_shared(self.site.max(OUTSIDE), -(self.size as i64), -1);
                count_shared(OUTSIDE, size as i64, 1);
            }
            // It is counted as it was.
            Owner::Nobody => stayed(self.site, block, self.size),
        }
    }

    fn end_taking(&self) {
        current_ledger().thread().map(|thread| thread.end_taking(self.block));
    }
}

/// A block of an allocator that wraps another one is about to be freed.
pub(in crate::record) struct Leaving(u32);

impl Leaving {
    /// As soon as it is free, another thread may get its address. If the allocator inside counts, this is the
    /// site that it finds.
    pub(in crate::record) fn begin(block: *mut u8, size: usize) -> Self {
        let Owner::Thread(ledger) = owner(current_ledger()) else {
            before_shrinking(0);
            return Self(COMMON.blocks.take(block.addr(), size));
        };
        mark::before_shrinking(ledger.total());
        let site = take(ledger, block, size);
        if let Some(thread) = ledger.thread() {
            thread.begin_taking(block, site);
        }
        Self(site)
    }

    /// It is free, which the ledger that was found has counted.
    pub(in crate::record) fn end(self, found: &'static Ledger, block: *mut u8, size: usize) {
        match owner(found) {
            Owner::Thread(ledger) => {
                ledger.thread().map(|thread| thread.end_taking(block));
                take_off(ledger, self.0, size);
            }
            Owner::Process => count_shared(self.0.max(OUTSIDE), -(size as i64), -1),
            Owner::Nobody => {}
        }
    }
}
