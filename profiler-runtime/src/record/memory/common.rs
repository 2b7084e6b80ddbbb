//! What each allocation and each free looks at where live blocks are recorded.
//!
//! PERF: it lies together, so that one address leads to all of it: 2 instructions of an allocation and its free.

use core::sync::atomic::AtomicI64;

use mem_profile_format::layout;

use super::block_map::BlockMap;
use super::reserved;
use crate::record::sync::word::Word;

/// [`Common::limit`] is less by this while live blocks are not recorded, and while budgets note blocks.
pub(super) const STOPPED: i64 = 1 << 56;

#[derive(Debug)]
#[repr(C, align(64))]
pub(in crate::record) struct Common {
    /// The blocks of all lines.
    pub(in crate::record) blocks: BlockMap,
    /// It rises with each mark.
    pub(super) epoch: AtomicI64,
    /// The `live` of a ledger may have been so high before a free, if that is to be a plain one: where the next mark
    /// is, less what is published.
    pub(super) limit: Word,
}

pub(in crate::record) static COMMON: Common = Common {
    // SAFETY: it gives zeroes, for good.
    blocks: unsafe { BlockMap::new(reserved::reserve) },
    epoch: AtomicI64::new(0),
    limit: Word::new(layout::ledger::CENTER - STOPPED),
};
