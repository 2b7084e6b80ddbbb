//! The allocator's methods while a budget notes blocks.

use std::alloc::{GlobalAlloc, Layout};

use super::allocator::Alloc;
use super::noting::{self, Moving};
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
        let size = layout.size();
        let is_on_line = !self.wraps && notes::records_live();
        let on_line = is_on_line.then(|| blocks::Moving::begin(block, size, new_size));
        // SAFETY: the caller's promises.
        let new = unsafe { self.realloc_plain(block, layout, new_size) };
        if let Some(on_line) = on_line {
            if new.is_null() { on_line.fail() } else { on_line.end(new, new_size) }
        }
        match new.is_null() {
            true => moving.end(block, size),
            false => moving.end(new, new_size),
        }
        new
    }
}
