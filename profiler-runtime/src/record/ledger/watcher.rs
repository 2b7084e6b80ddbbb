//! What a watcher of blocks is: the functions that it wants called.

#[cfg(feature = "trace")]
use crate::record::memory::pages::Pages;

/// What is called for blocks, on the thread that asked for them. None of it may allocate through
/// the global allocator, unwind, or wait.
#[derive(Debug)]
pub(crate) struct Watcher {
    /// A block of this size was made, with which the thread's ledger has
    /// [reached](super::ledger::Ledger::is_reached) what the watcher waits for.
    /// Returns the block.
    pub(crate) allocated: fn(block: *mut u8, size: usize) -> *mut u8,
    /// A block is about to be freed.
    pub(crate) freed: fn(block: usize, size: usize),
    /// In which pages there are blocks that the watcher knows; `None` where it knows most. It is
    /// not told of what is freed elsewhere.
    #[cfg(feature = "trace")]
    pub(crate) pages: Option<&'static Pages>,
    /// A block is about to be reallocated: what is known of it is forgotten and returned.
    pub(crate) moving: fn(block: usize) -> u32,
    /// How that went, with what `moving` returned.
    pub(crate) moved: fn(mark: u32, Moved),
}

impl Watcher {
    /// Whether it is to be told that the block is freed.
    #[inline(always)]
    #[cfg_attr(not(feature = "trace"), expect(unused_variables, reason = "nobody watches"))]
    pub(crate) fn may_know(&self, block: *mut u8) -> bool {
        #[cfg(feature = "trace")]
        return self.pages.is_none_or(|pages| pages.may_hold(block.addr()));
        #[cfg(not(feature = "trace"))]
        false
    }
}

/// The end of a reallocation.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "trace"), expect(dead_code, reason = "nobody watches"))]
pub(crate) enum Moved {
    /// The block stays as it was.
    Failed { block: usize },
    /// An allocator inside has told of the new block already.
    Told { old_size: usize },
    /// The new block.
    To { block: usize, old_size: usize, size: usize },
}
