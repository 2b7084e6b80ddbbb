//! The tracer's map of live blocks, for accounts. The tracer registers it when it is started; without one there is
//! none.

use core::ops::{ControlFlow, Range};
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};
use std::collections::HashMap;

use crate::record::memory::block_map::Block;

/// Visits blocks in the order of their addresses, until the visitor breaks.
pub type BlockVisitor<'a> = &'a mut dyn FnMut(Block) -> ControlFlow<()>;

/// What the tracer knows of live blocks. Nothing of it is called inside the allocator.
#[derive(Debug)]
pub struct TracedBlocks {
    /// Whether each block is traced, and not a sample; `None` where none is.
    pub traces_all: fn() -> Option<bool>,
    /// Bytes of the live blocks that are traced.
    pub live_bytes: fn() -> u64,
    /// Visits those that begin in a range of addresses.
    pub visit: fn(Range<usize>, BlockVisitor<'_>),
    /// How often all blocks were forgotten.
    pub times_forgotten: fn() -> u64,
    /// The line of each site that has live blocks.
    pub lines: fn() -> HashMap<u32, String>,
    /// The tables of the tracer.
    pub regions: fn() -> Vec<Range<usize>>,
}

static TRACED: AtomicPtr<TracedBlocks> = AtomicPtr::new(ptr::null_mut());

/// From now on, accounts ask this one for live blocks that the line profiler does not record.
pub fn account_with(traced: &'static TracedBlocks) {
    TRACED.store(ptr::from_ref(traced).cast_mut(), Ordering::Release);
}

/// The tracer's, if it was started.
#[cfg(feature = "account")]
pub(crate) fn traced() -> Option<&'static TracedBlocks> {
    // SAFETY: null or a static, which `account_with` has stored.
    unsafe { TRACED.load(Ordering::Acquire).as_ref() }
}
