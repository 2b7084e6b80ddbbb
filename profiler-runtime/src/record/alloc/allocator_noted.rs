//! The allocator's methods while a budget notes blocks, and while somebody outside of the process hears of them.

use std::alloc::{GlobalAlloc, Layout};

use super::allocator::Alloc;
use super::noting;
use super::usdt;
use crate::record::ledger::current::current_ledger;
use crate::record::ledger::notes;
use crate::record::ledger::stand_in::Pause;
use crate::record::live::blocks;

impl<A: GlobalAlloc> Alloc<A> {
    /// # Safety
    /// As for `dealloc`.
    #[inline(always)]
    pub(super) unsafe fn dealloc_unheard(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises.
        unsafe {
            match (self.wraps || cfg!(feature = "watch")) && notes::is_on() {
                true => self.dealloc_noted(block, layout),
                false => self.dealloc_plain(block, layout),
            }
        }
    }

    /// # Safety
    /// As for `realloc`.
    #[inline(always)]
    pub(super) unsafe fn realloc_unheard(
        &self,
        block: *mut u8,
        layout: Layout,
        new_size: usize,
    ) -> *mut u8 {
        // SAFETY: the caller's promises.
        unsafe {
            match notes::is_on() {
                true => self.realloc_asked(block, layout, new_size),
                false => self.realloc_plain::<false>(block, layout, new_size, &mut None),
            }
        }
    }

    /// `dealloc` while listeners may know the block.
    ///
    /// # Safety
    /// As for `dealloc`.
    #[cold]
    #[inline(never)]
    pub(super) unsafe fn dealloc_heard(&self, block: *mut u8, layout: Layout) {
        // First: as soon as the block is free, another thread may get its address.
        usdt::freed(block);
        // SAFETY: the caller's promises.
        unsafe { self.dealloc_unheard(block, layout) };
    }

    /// `realloc` while listeners may know the block: for them, it ends, and another one begins.
    ///
    /// # Safety
    /// As for `realloc`.
    #[cold]
    #[inline(never)]
    pub(super) unsafe fn realloc_heard(
        &self,
        block: *mut u8,
        layout: Layout,
        new_size: usize,
    ) -> *mut u8 {
        let was_sampled = usdt::freed(block);
        // SAFETY: the caller's promises.
        let new = unsafe { self.realloc_unheard(block, layout, new_size) };
        if was_sampled && (new.is_null() || new_size == layout.size()) {
            usdt::kept(if new.is_null() { block } else { new }, layout.size());
        }
        new
    }

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
