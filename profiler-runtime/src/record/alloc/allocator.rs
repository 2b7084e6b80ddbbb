//! The counting allocator.

use core::fmt;
use core::ops::Deref;
use std::alloc::{GlobalAlloc, Layout, System};

use super::count::{count_alloc, count_free, count_heard_alloc};
use super::failing::failed;
use super::noting;
use super::statistics::{self, StatisticsTable};
use super::usdt;
use super::wrapped::Wrapping;
use crate::record::ledger::current::current_ledger;
use crate::record::ledger::kind::Kind;
use crate::record::ledger::ledger::Ledger;
use crate::record::ledger::notes;
use crate::record::ledger::stand_in::Pause;
use crate::record::ledger::watcher::Watcher;
use crate::record::live::{blocks, moves};

/// Bytes of address space that live blocks and the tracer tell apart.
pub(super) const GRANULE: usize = 16;

/// Whether blocks of wrapped allocators are made to lie in granules of their own.
pub(crate) const PADS: bool = cfg!(any(feature = "watch", feature = "live"));

/// An allocator that counts, per thread and without a lock, what passes through it.
///
/// ```
/// #[global_allocator]
/// static ALLOC: mem_profile_runtime::Alloc = mem_profile_runtime::Alloc::new();
/// # drop(vec![0u8; 100]);
/// ```
///
/// All four methods are forwarded as they are: zeroed stays zeroed, a reallocation stays one and
/// is recorded as the difference. Only what succeeded is counted. A reallocation is no new block:
/// it adds to the bytes, not to the number of allocations. The cost of a pair of allocation and
/// free is about 20 instructions.
///
/// It shows as the allocator inside, and has that one's methods:
///
/// ```
/// # struct Limited;
/// # impl Limited { const fn limit(&self) -> usize { 1 << 30 } }
/// static ALLOC: mem_profile_runtime::Alloc<Limited> = mem_profile_runtime::Alloc::wrap(Limited);
/// assert_eq!(ALLOC.limit(), 1 << 30);
/// ```
pub struct Alloc<A = System> {
    pub(super) inner: A,
    /// The inner allocator may itself count. A constant of the `static`, so the compiler drops
    /// the test where it is `false`.
    pub(in crate::record) wraps: bool,
    /// Another such constant.
    pub(crate) statistics: Option<&'static StatisticsTable>,
}

impl Alloc {
    /// Counts what goes to the system's allocator.
    #[must_use]
    pub const fn new() -> Self {
        Self { inner: System, wraps: false, statistics: None }
    }
}

impl Default for Alloc {
    fn default() -> Self {
        Self::new()
    }
}

impl<A> Deref for Alloc<A> {
    type Target = A;

    #[inline]
    fn deref(&self) -> &A {
        &self.inner
    }
}

impl<A: fmt::Debug> fmt::Debug for Alloc<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<A> Alloc<A> {
    /// Counts what goes to `inner`.
    ///
    /// Wrapping an allocator that wraps this one counts each byte once.
    #[must_use]
    pub const fn wrap(inner: A) -> Self {
        Self { inner, wraps: true, statistics: None }
    }

    /// Does `operation` of the inner allocator and then `count`s it, unless it counted itself.
    #[inline(always)]
    pub(super) fn counted<R>(
        &self,
        operation: impl FnOnce() -> R,
        succeeded: impl FnOnce(&R) -> bool,
        count: impl FnOnce(&'static Ledger, &R),
        fail: impl FnOnce(),
    ) -> R {
        if !self.wraps {
            let result = operation();
            match succeeded(&result) {
                true => count(current_ledger(), &result),
                false => fail(),
            }
            return result;
        }
        statistics::note(self.statistics);
        let wrapping = Wrapping::begin((&raw const self.wraps).cast());
        let result = operation();
        if !wrapping.is_counted() {
            match succeeded(&result) {
                true => count(current_ledger(), &result),
                false => fail(),
            }
        }
        result
    }

    /// Makes a block by `operation` and counts it.
    #[inline(always)]
    fn allocate(&self, layout: Layout, operation: impl FnOnce() -> *mut u8) -> *mut u8 {
        if self.wraps {
            let count = |ledger: &'static Ledger, &block: &_| {
                usdt::allocated(block, layout.size());
                _ = count_alloc::<{ !PADS }>(ledger, block, layout.size())
            };
            return self.counted(operation, is_block, count, || failed(layout.size()));
        }
        let block = operation();
        if block.is_null() {
            failed(layout.size());
            return block;
        }
        if usdt::has_listeners() {
            return count_heard_alloc(block, layout.size());
        }
        count_alloc::<false>(current_ledger(), block, layout.size())
    }

    /// The layout to ask the inner allocator for: with the tracer and for live blocks, at least [`GRANULE`] bytes,
    /// so that no two blocks start in the same granule, whatever the allocator. The system's own gives
    /// that anyway.
    #[inline(always)]
    pub(super) const fn padded(&self, layout: Layout) -> Layout {
        if !PADS || !self.wraps || layout.size() >= GRANULE {
            return layout;
        }
        // SAFETY: any alignment is allowed for so small a size.
        unsafe { Layout::from_size_align_unchecked(GRANULE, layout.align()) }
    }
}

impl<A: GlobalAlloc> Alloc<A> {
    /// # Safety
    /// As for `alloc`.
    #[cold]
    #[inline(never)]
    unsafe fn alloc_unusual(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are the inner allocator's requirements.
        self.allocate(layout, || unsafe { self.inner.alloc(self.padded(layout)) })
    }

    /// # Safety
    /// As for `alloc_zeroed`.
    #[cold]
    #[inline(never)]
    unsafe fn alloc_zeroed_unusual(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are the inner allocator's requirements.
        self.allocate(layout, || unsafe { self.inner.alloc_zeroed(self.padded(layout)) })
    }

    /// Takes what `dealloc` was given where that has it, as [`Self::dealloc_watched`] does: so
    /// nothing is moved on the way that is not taken.
    ///
    /// # Safety
    /// As for `dealloc`.
    #[cold]
    #[inline(never)]
    unsafe fn dealloc_slow(
        block: *mut u8,
        size: usize,
        align: usize,
        this: &Self,
        ledger: &'static Ledger,
    ) {
        // SAFETY: the caller's promises are the inner allocator's requirements.
        unsafe {
            let layout = Layout::from_size_align_unchecked(size, align);
            // With the tracer `dealloc_noted` has seen to the block.
            // PERF: all else is called last, so no register has to be saved.
            if !cfg!(feature = "watch") && blocks::freed_simply(ledger, block, size) {
                ledger.set_changed();
                return this.inner.dealloc(block, this.padded(layout));
            }
            Self::dealloc_slowly(block, size, align, this);
        }
    }

    /// The rest of it.
    ///
    /// # Safety
    /// As for `dealloc`.
    #[inline(never)]
    unsafe fn dealloc_slowly(block: *mut u8, size: usize, align: usize, this: &Self) {
        let ledger = current_ledger();
        // SAFETY: the caller's promises are the inner allocator's requirements.
        unsafe {
            let layout = Layout::from_size_align_unchecked(size, align);
            if let Some(_pause) = Pause::begin(ledger) {
                return this.dealloc_plain(block, layout);
            }
            // With the tracer `dealloc_noted` has done so.
            if !cfg!(feature = "watch") && notes::records_live() {
                match ledger.kind() {
                    Kind::Special => blocks::freed_anywhere(ledger, block, size),
                    Kind::Heap | Kind::Rss => blocks::freed(ledger, block, size),
                }
            }
            ledger.free_slow(size);
            noting::freed(block);
            this.inner.dealloc(block, this.padded(layout));
        }
    }

    /// # Safety
    /// As for `dealloc`.
    #[inline(always)]
    pub(in crate::record) unsafe fn dealloc_plain(&self, block: *mut u8, layout: Layout) {
        let ledger = current_ledger();
        let (size, align) = (layout.size(), layout.align());
        let watcher = ledger.watcher().filter(|watcher| watcher.may_know(block));
        // SAFETY: the caller's promises.
        unsafe {
            match (watcher, self.wraps) {
                (None, false) => self.dealloc_counted::<false>(ledger, block, layout),
                (None, true) => self.dealloc_counted::<true>(ledger, block, layout),
                (Some(watcher), false) => {
                    Self::dealloc_watched::<false>(block, size, align, watcher, self);
                }
                (Some(watcher), true) => {
                    Self::dealloc_watched::<true>(block, size, align, watcher, self)
                }
            }
        }
    }

    /// # Safety
    /// As for `dealloc`. `WRAPS` is what `wraps` is.
    #[inline(never)]
    unsafe fn dealloc_watched<const WRAPS: bool>(
        block: *mut u8,
        size: usize,
        align: usize,
        watcher: &Watcher,
        this: &Self,
    ) {
        // The watcher first: as soon as the block is free, another thread may get it.
        (watcher.freed)(block.addr(), size);
        // SAFETY: the caller's promises.
        unsafe {
            let layout = Layout::from_size_align_unchecked(size, align);
            this.dealloc_counted::<WRAPS>(current_ledger(), block, layout);
        }
    }

    /// # Safety
    /// As for `dealloc`. `WRAPS` is what `wraps` is.
    #[inline(always)]
    unsafe fn dealloc_counted<const WRAPS: bool>(
        &self,
        ledger: &'static Ledger,
        block: *mut u8,
        layout: Layout,
    ) {
        // SAFETY: the caller's promises are the inner allocator's requirements.
        let operation = || unsafe { self.inner.dealloc(block, self.padded(layout)) };
        if WRAPS {
            let is_on_line = PADS && notes::records_live();
            let leaving = is_on_line.then(|| moves::Leaving::begin(block, layout.size()));
            let count = |ledger: &'static Ledger, (): &()| {
                count_free(ledger, layout.size());
                if let Some(leaving) = leaving {
                    leaving.end(ledger, block, layout.size());
                } else if notes::records_live() {
                    blocks::changed_outside(ledger, -(layout.size() as i64), -1);
                }
            };
            self.counted(operation, |()| true, count, || ());
        } else if ledger.on_free(layout.size()) {
            // A free cannot fail: counted first, so that the call that frees is a tail call.
            operation();
        } else {
            // SAFETY: the caller's promises.
            unsafe { Self::dealloc_slow(block, layout.size(), layout.align(), self, ledger) };
        }
    }
}

/// Whether the system's allocator makes such a block without needing room on the stack, so that
/// what follows can be called last.
#[inline(always)]
fn is_usual(layout: Layout) -> bool {
    layout.align() <= GRANULE && layout.align() <= layout.size()
}

#[inline(always)]
pub(super) fn is_block(block: &*mut u8) -> bool {
    !block.is_null()
}

// SAFETY: every method forwards to an allocator that upholds the contract, with the arguments it
// was given, and returns what that allocator returned. Counting neither allocates nor unwinds.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Alloc<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !is_usual(layout) {
            // SAFETY: the caller's promises.
            return unsafe { self.alloc_unusual(layout) };
        }
        // SAFETY: the caller's promises are the inner allocator's requirements.
        self.allocate(layout, || unsafe { self.inner.alloc(self.padded(layout)) })
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !is_usual(layout) {
            // SAFETY: the caller's promises.
            return unsafe { self.alloc_zeroed_unusual(layout) };
        }
        // SAFETY: as in `alloc`.
        self.allocate(layout, || unsafe { self.inner.alloc_zeroed(self.padded(layout)) })
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as in `alloc`.
        unsafe {
            match usdt::has_blocks() {
                true => self.dealloc_heard(block, layout),
                false => self.dealloc_unheard(block, layout),
            }
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as in `alloc`.
        unsafe {
            match usdt::has_blocks() {
                true => self.realloc_heard(block, layout, new_size),
                false => self.realloc_unheard(block, layout, new_size),
            }
        }
    }
}
