//! Where the figures of a ledger come from, and which of these sources frames use.

use core::sync::atomic::{
    AtomicU8,
    Ordering::{Acquire, Relaxed, Release},
};

use mem_profile_format::layout;

/// Where a ledger's figures come from. A whole word, so that a ledger has no gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i64)]
pub(crate) enum Kind {
    /// The counting allocator adds them up.
    Heap = layout::process::HEAP,
    /// The system is asked.
    Rss = layout::process::RSS,
    /// Stands in where a thread has no ledger of its own.
    Special,
}

/// The choice, and whether there is one.
static MODE: AtomicU8 = AtomicU8::new(MODE_UNKNOWN);
const MODE_UNKNOWN: u8 = 0;
const MODE_OFF: u8 = 1;
const MODE_HEAP: u8 = 2;
const MODE_RSS: u8 = 3;

/// Chooses the kind of ledger that frames use from now on; `None` switches them off. The session calls it, once.
pub(crate) fn choose(kind: Option<Kind>) {
    let mode = match kind {
        Some(Kind::Heap) => MODE_HEAP,
        Some(Kind::Rss) => MODE_RSS,
        Some(Kind::Special) | None => MODE_OFF,
    };
    MODE.store(mode, Release);
}

/// Whether nothing has been chosen yet.
pub(in crate::record) fn is_unknown() -> bool {
    MODE.load(Acquire) == MODE_UNKNOWN
}

/// Whether it is known that nothing is measured.
#[inline(always)]
pub(in crate::record) fn is_off() -> bool {
    MODE.load(Relaxed) == MODE_OFF
}

/// The kind of ledger that frames use; `None` where nothing is measured, or nothing has been chosen yet.
pub(in crate::record) fn chosen() -> Option<Kind> {
    match MODE.load(Acquire) {
        MODE_HEAP => Some(Kind::Heap),
        MODE_RSS => Some(Kind::Rss),
        _ => None,
    }
}
