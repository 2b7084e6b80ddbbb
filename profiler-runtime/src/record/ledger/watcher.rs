//! A watcher of blocks: a table of functions.

use crate::record::memory::pages::Pages;

/// Functions to call for blocks, on the thread that asked for them. None of it may allocate through
/// the global allocator, unwind, or wait.
#[derive(Debug)]
pub struct Watcher {
    /// A block of this size was made, with which the thread's ledger has
    /// come to the next sample.
    /// Returns the block.
    pub allocated: fn(block: *mut u8, size: usize) -> *mut u8,
    /// A block is about to be freed.
    pub freed: fn(block: usize, size: usize),
    /// In which pages there are blocks that the watcher knows; `None` where it knows most. It is
    /// not called for blocks freed elsewhere.
    pub pages: Option<&'static Pages>,
    /// A block is about to be reallocated: what is known of it is forgotten and returned.
    pub moving: fn(block: usize, size: usize) -> u32,
    /// How that went, with what `moving` returned.
    pub moved: fn(mark: u32, Moved),
}

impl Watcher {
    /// Whether it is to be called when the block is freed.
    #[inline(always)]
    pub(crate) fn may_know(&self, block: *mut u8) -> bool {
        self.pages.is_none_or(|pages| pages.may_hold(block.addr()))
    }
}

/// The end of a reallocation.
#[derive(Clone, Copy, Debug)]
pub enum Moved {
    /// The block stays as it was.
    Failed {
        /// Its address.
        block: usize,
        /// How large it is.
        size: usize,
    },
    /// An allocator inside has reported the new block already.
    Reported {
        /// How large the old block was.
        old_size: usize,
    },
    /// The new block.
    To {
        /// Its address.
        block: usize,
        /// How large the old block was.
        old_size: usize,
        /// How large it is.
        size: usize,
    },
}
