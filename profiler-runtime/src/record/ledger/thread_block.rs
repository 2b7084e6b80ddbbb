//! The block of one thread: its ledgers.

use core::mem::offset_of;
use core::ptr::NonNull;

use mem_profile_format::layout;

use super::kind::Kind;
use super::ledger::{Counts, Ledger};
use super::row::Row;
use crate::record::memory::arena;
use crate::record::sync::word::Word;

/// The figures of one thread, beside the rows of functions.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct ThreadBlock {
    block: Word,
    /// Of the thread's record.
    pub(in crate::record) number: Word,
    /// The highest marks that were taken back, in absolute bytes.
    pub(in crate::record) peak: Word,
    /// The ledgers begin a cache line.
    _rest: [Word; 5],
    pub(in crate::record) heap: Ledger,
    pub(in crate::record) rss: Ledger,
    /// The row that is current outside of annotated functions.
    pub(in crate::record) idle: Row,
}

// The numbers by which recordings are read.
const _: () = {
    assert!(offset_of!(ThreadBlock, number) == layout::thread::NUMBER);
    assert!(offset_of!(ThreadBlock, peak) == layout::thread::PEAK);
    assert!(offset_of!(ThreadBlock, heap) == layout::thread::HEAP);
    assert!(offset_of!(ThreadBlock, rss) == layout::thread::RSS);
    assert!(size_of::<ThreadBlock>() == layout::thread::SIZE);
};

impl ThreadBlock {
    /// New ones for the thread of this number; `None` when memory is out.
    pub(in crate::record) fn reserve(number: i64) -> Option<&'static Self> {
        let place = arena::reserve(size_of::<Self>())?.cast::<Self>().as_ptr();
        // SAFETY: zeroes are valid in the words that are not written here. The memory is
        // exclusively ours and never freed.
        let block: &'static Self = unsafe {
            (&raw mut (*place).idle).write(Row::new());
            let idle: &'static Row = &(*place).idle;
            (&raw mut (*place).heap).write(Ledger::of_thread(Kind::Heap, idle));
            (&raw mut (*place).rss).write(Ledger::of_thread(Kind::Rss, idle));
            &*place
        };
        block.number.set(number);
        Some(block)
    }

    pub(in crate::record) fn belong_to(&'static self, thread: NonNull<()>) {
        self.heap.belongs_to(thread);
        self.rss.belongs_to(thread);
        arena::finish(&self.block, layout::THREAD);
    }

    /// Goes on from the thread's `old` block, on which no frame runs. Returns the counts that the allocator
    /// had there.
    pub(in crate::record) fn take_over(&self, old: &Self) -> Counts {
        self.peak.set(old.peak.get());
        self.rss.take_over(&old.rss);
        self.heap.take_over(&old.heap)
    }

    /// Nobody writes here any more.
    pub(in crate::record) fn abandon(&self) {
        arena::abandon(&self.block);
    }
}
