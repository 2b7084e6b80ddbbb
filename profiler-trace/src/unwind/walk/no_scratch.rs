//! A walk takes little room on these targets, so it needs no stack of its own.

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
