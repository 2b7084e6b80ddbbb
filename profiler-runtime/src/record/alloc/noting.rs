//! While a budget runs: the blocks that its thread allocates are noted, and taken out by whoever frees
//! them.
//!
//! While no budget runs, this costs an allocation nothing and a free one instruction. A thread that notes
//! has a special ledger in the place where its allocator looks, which sends each operation the slow way
//! ([`stand_in`]); the free of any other thread is sent there by `Ledger::is_below_floor`.

use core::marker::PhantomData;
use core::ptr;
use std::thread::panicking;

use crate::record::ledger::current::current_ledger;
use crate::record::ledger::notes::{self, ThreadNotes};
use crate::record::ledger::stand_in::{self, Pause};
use crate::record::ledger::thread::Thread;
use crate::record::ledger::threads;
use crate::record::memory::live_blocks::{self, LiveBlock, LiveBlocks};

/// The blocks of one budget, until it is dropped.
#[derive(Debug)]
pub struct Noting(&'static LiveBlocks);

impl Noting {
    /// `None` when memory is out.
    pub fn begin() -> Option<Self> {
        let blocks = LiveBlocks::reserve()?;
        notes::begin(threads::all().map(Thread::heap));
        Some(Self(blocks))
    }

    pub(crate) const fn blocks(&self) -> &'static LiveBlocks {
        self.0
    }

    /// The calling thread notes what it allocates, until the section is dropped.
    pub(crate) fn enter(&self) -> Option<Section> {
        let thread = threads::current()?;
        thread.notes.open(self.0);
        stand_in::show_front();
        Some(Section { blocks: self.0, thread, _stays: PhantomData })
    }
}

impl Drop for Noting {
    fn drop(&mut self) {
        self.0.stop();
        notes::end();
        self.0.release();
    }
}

/// A time in which a thread notes what it allocates.
#[derive(Debug)]
pub(crate) struct Section {
    blocks: &'static LiveBlocks,
    thread: &'static Thread,
    /// It belongs to its thread.
    _stays: PhantomData<*const ()>,
}

impl Drop for Section {
    fn drop(&mut self) {
        // A coroutine may have brought it to another thread; then it stays open on the first one.
        if threads::current().is_some_and(|thread| ptr::eq(thread, self.thread)) {
            self.thread.notes.close(self.blocks);
            stand_in::show_front();
        } else {
            self.blocks.strand();
        }
    }
}

/// The innermost budget's blocks on this thread.
pub(crate) fn innermost() -> Option<&'static LiveBlocks> {
    threads::current()?.notes.opened().next()
}

/// The thread has allocated a block.
pub(in crate::record) fn allocated(thread: &'static Thread, block: *mut u8, size: usize) {
    let (row, in_panic) = (ptr::from_ref(thread.frames_ledger().row()).cast(), panicking());
    let block = LiveBlock { address: block.addr(), size, row, in_panic };
    thread.notes.put(&block);
}

/// The block is about to be freed.
pub(in crate::record) fn freed(block: *mut u8) {
    if !notes::has_budgets() {
        return;
    }
    let own = current_ledger().thread().map(|thread| &thread.notes);
    let is_started = own.is_none_or(ThreadNotes::is_started);
    for blocks in live_blocks::running() {
        if blocks.take(block.addr())
            && let Some(own) = own
        {
            own.note_taken(blocks, is_started);
        }
    }
}

/// A block that is being reallocated: it stays as old as it was, by its new address and size.
pub(in crate::record) struct Moving {
    old: usize,
    is_known: bool,
    /// How many noted blocks the thread had freed before; `None` where it notes nothing meanwhile.
    before: Option<(&'static ThreadNotes, usize)>,
    _pause: Option<Pause>,
}

impl Moving {
    /// Before it moves: as soon as it has, another thread may get its address.
    pub(in crate::record) fn begin(block: *mut u8, inner_may_count: bool) -> Self {
        let old = block.addr();
        let move_in = |known, blocks: &LiveBlocks| blocks.begin_move(old) || known;
        let is_known = live_blocks::running().fold(false, move_in);
        let ledger = current_ledger();
        let thread = ledger.thread().filter(|_| inner_may_count);
        let before = thread.map(|thread| (&thread.notes, thread.notes.begin_move()));
        // Otherwise nothing that is allocated meanwhile would be a block.
        let _pause = if inner_may_count { None } else { Pause::begin(ledger) };
        Self { old, is_known, before, _pause }
    }

    /// Ends the move: takes the new address.
    pub(in crate::record) fn end(&mut self, block: *mut u8, size: usize) {
        if let Some((notes, taken)) = self.before {
            notes.end_move(taken, self.is_known);
        }
        if self.is_known {
            live_blocks::running().for_each(|blocks| blocks.end_move(self.old, block.addr(), size));
        }
    }
}
