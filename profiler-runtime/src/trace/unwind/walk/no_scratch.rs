//! Where a walk takes little room, it needs no stack of its own.

pub(super) struct Scratch;

impl Scratch {
    pub(super) fn reserve() -> Option<Self> {
        Some(Self)
    }

    /// Does `work`.
    ///
    /// # Safety
    /// None needed.
    pub(super) unsafe fn run<R>(&self, work: impl FnOnce() -> R) -> R {
        work()
    }
}
