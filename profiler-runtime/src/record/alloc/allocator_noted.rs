//! The allocator's methods while a budget notes blocks.

use std::alloc::{GlobalAlloc, Layout};

use super::allocator::Alloc;
use super::noting::{self, Moving};
use crate::record::ledger::current::current_ledger;
use crate::record::ledger::stand_in::Pause;

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
        // SAFETY: the caller's promises.
        unsafe { self.dealloc_plain(block, layout) };
    }

    /// `realloc` while blocks are noted.
    ///
    /// # Safety
    /// As for `realloc`.
    #[cold]
    #[inline(never)]
    pub(in crate::record) unsafe fn realloc_noted(
        &self,
        block: *mut u8,
        layout: Layout,
        new_size: usize,
    ) -> *mut u8 {
        let mut moving = Moving::begin(block, self.wraps);
        // SAFETY: the caller's promises.
        let new = unsafe { self.realloc_plain(block, layout, new_size) };
        match new.is_null() {
            true => moving.end(block, layout.size()),
            false => moving.end(new, new_size),
        }
        new
    }
}
