//! The allocator's methods while a budget notes blocks.

use std::alloc::{GlobalAlloc, Layout};

use super::allocator::Alloc;
use super::noting;
use crate::record::ledger::current::current_ledger;
use crate::record::ledger::notes;
use crate::record::ledger::stand_in::Pause;
use crate::record::live::blocks;

impl<A: GlobalAlloc> Alloc<A> {
    /// `dealloc` while blocks are noted, where the allocator inside may count, and with the tracer.
    ///
    /// # Safety
    /// As for `dealloc`.
    #[cold]
    #[inline(never)]
    pub(in crate::record) unsafe fn dealloc_noted(&self, block: *mut u8, layout: Layout) {
        noting::freed(block);
        let _pause = Pause::begin(current_ledger());
        if cfg!(feature = "watch") && !self.wraps && notes::records_live() {
            blocks::freed_anywhere(current_ledger(), block, layout.size());
        }
        // SAFETY: the caller's promises.
        unsafe { self.dealloc_plain(block, layout) };
    }
}
