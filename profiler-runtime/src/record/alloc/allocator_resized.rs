//! The allocator's method for blocks that change in size.

use std::alloc::{GlobalAlloc, Layout};

use super::allocator::{Alloc, GRANULE, PADS, is_block};
use super::count::count_resize;
use super::failing::failed;
use super::noting;
use super::usdt;
use crate::record::ledger::current::current_ledger;
use crate::record::ledger::ledger::Ledger;
use crate::record::ledger::notes;
use crate::record::ledger::watcher::{Moved, Watcher};
use crate::record::live::{blocks, moves};
use crate::record::moving::Moving;

impl<A: GlobalAlloc> Alloc<A> {
    /// # Safety
    /// As for `realloc`.
    #[inline(always)]
    pub(in crate::record) unsafe fn inner_realloc(
        &self,
        block: *mut u8,
        layout: Layout,
        new_size: usize,
    ) -> *mut u8 {
        let least = if PADS && self.wraps { GRANULE } else { 0 };
        let (padded, new_size) = (self.padded(layout), new_size.max(least));
        // SAFETY: the caller's promises are the inner allocator's requirements.
        unsafe { self.inner.realloc(block, padded, new_size) }
    }

    /// Unless it `IS_NOTED`, whoever hears of a failure does so here.
    ///
    /// # Safety
    /// As for `realloc`.
    #[inline(always)]
    pub(in crate::record) unsafe fn realloc_plain<const IS_NOTED: bool>(
        &self,
        block: *mut u8,
        layout: Layout,
        new_size: usize,
        on_line: &mut Option<moves::Moving>,
    ) -> *mut u8 {
        if let Some(watcher) = current_ledger().watcher() {
            // SAFETY: the caller's promises.
            return unsafe {
                self.realloc_watched::<IS_NOTED>(watcher, block, layout, new_size, on_line)
            };
        }
        // SAFETY: the caller's promises are the inner allocator's requirements.
        let operation = || unsafe { self.inner_realloc(block, layout, new_size) };
        let count = |ledger: &'static Ledger, &new: &_| {
            self.count_resize(ledger, layout.size(), new, new_size, on_line);
        };
        self.counted(operation, is_block, count, || fail::<IS_NOTED>(new_size))
    }

    #[inline(always)]
    fn count_resize(
        &self,
        ledger: &'static Ledger,
        size: usize,
        new: *mut u8,
        new_size: usize,
        on_line: &mut Option<moves::Moving>,
    ) {
        usdt::resized(new, size, new_size);
        count_resize(ledger, size, new_size);
        if let Some(on_line) = on_line.take() {
            on_line.end(new, new_size);
        } else if self.wraps && !PADS && notes::records_live() {
            blocks::changed_outside(ledger, new_size as i64 - size as i64, 0);
        }
    }

    /// # Safety
    /// As for `realloc`.
    unsafe fn realloc_watched<const IS_NOTED: bool>(
        &self,
        watcher: &Watcher,
        block: *mut u8,
        layout: Layout,
        new_size: usize,
        on_line: &mut Option<moves::Moving>,
    ) -> *mut u8 {
        let old_size = layout.size();
        let _moving = Moving::begin();
        let mark = (watcher.moving)(block.addr(), old_size);
        let mut is_reported = self.wraps;
        // SAFETY: the caller's promises are the inner allocator's requirements.
        let operation = || unsafe { self.inner_realloc(block, layout, new_size) };
        let count = |ledger: &'static Ledger, &new: &_| {
            self.count_resize(ledger, old_size, new, new_size, on_line);
            is_reported = false;
        };
        let new = self.counted(operation, is_block, count, || fail::<IS_NOTED>(new_size));
        (watcher.moved)(
            mark,
            match new.is_null() {
                true => Moved::Failed { block: block.addr(), size: old_size },
                false if is_reported => Moved::Reported { old_size },
                false => Moved::To { block: new.addr(), old_size, size: new_size },
            },
        );
        new
    }

    /// `realloc` while blocks are noted or recorded.
    ///
    /// # Safety
    /// As for `realloc`.
    #[inline(never)]
    pub(in crate::record) unsafe fn realloc_asked(
        &self,
        block: *mut u8,
        layout: Layout,
        new_size: usize,
    ) -> *mut u8 {
        let size = layout.size();
        if !self.wraps
            && !cfg!(feature = "watch")
            && let Some(site) = moves::moving_simply(current_ledger(), block, size, new_size)
        {
            // SAFETY: the caller's promises.
            let new = unsafe { self.inner_realloc(block, layout, new_size) };
            if new.is_null() {
                moves::stayed(site, block, size);
                failed(new_size);
            } else {
                usdt::resized(new, size, new_size);
                count_resize(current_ledger(), size, new_size);
                moves::moved(current_ledger(), site, size, new, new_size);
            }
            return new;
        }
        // SAFETY: the caller's promises.
        unsafe { self.realloc_noted(block, layout, new_size) }
    }

    /// The same, whoever asks.
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
        let mut moving = noting::Moving::begin(block, self.wraps);
        let size = layout.size();
        let is_on_line = (PADS || !self.wraps) && notes::records_live();
        let begin = || moves::Moving::begin(block, size, new_size, self.wraps);
        let mut on_line = is_on_line.then(begin);
        // SAFETY: the caller's promises.
        let new = unsafe { self.realloc_plain::<true>(block, layout, new_size, &mut on_line) };
        // Else an allocator inside has counted.
        if let Some(on_line) = on_line.filter(|_| new.is_null()) {
            on_line.fail();
        }
        match new.is_null() {
            true => {
                moving.end(block, size);
                // The block is where it was, and counted.
                failed(new_size);
            }
            false => moving.end(new, new_size),
        }
        new
    }
}

#[inline(always)]
fn fail<const IS_NOTED: bool>(size: usize) {
    if !IS_NOTED {
        failed(size);
    }
}
