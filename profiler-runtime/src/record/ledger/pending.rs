//! Whether a thread has something left to record, in one word that each event compares with one other.

use super::row::Row;

/// The mode of the allocator's ledger, whose calls may find that nothing is pending.
pub(super) const PLAIN: i64 = 0;
/// The same where all calls are recorded as spans: something is always pending.
pub(super) const SPANS: i64 = -2;
/// The same while guarded frames run ([`crate::record::frame::foreign`]).
pub(super) const GUARDED: i64 = -1;
/// Of the other kinds of ledgers.
pub(super) const RSS: i64 = 1;
pub(super) const SPECIAL: i64 = 3;

/// Whether the current line has something left to record.
///
/// Numbers are compared without sign, so both states lie above all usages.
/// PERF: one comparison with the row says whether an event has anything to do (cost bench: 8 instructions).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pending(pub(super) i64);

impl Pending {
    /// Memory has changed since the thread last recorded. Always so with `rss`, where only the system
    /// knows.
    pub(crate) const CHANGED: Self = Self(-1);

    /// Nothing is left to record, but a callee raised memory above this line's start, so the next line needs
    /// a new start.
    pub(crate) const RAISED_BY_CALLEE: Self = Self(-2);

    /// Nothing, unless the line never before ended with so many bytes in use by the process.
    #[inline(always)]
    pub(crate) const fn usage(bytes: i64) -> Self {
        Self(bytes)
    }

    /// Whether a line of this row has anything to do when it ends.
    #[inline(always)]
    pub(crate) fn needs_closing(self, row: &Row) -> bool {
        self.0 as u64 > row.usage.get() as u64
    }

    /// Whether there may be more to do than to note how much is in use.
    #[inline(always)]
    pub(crate) const fn is_more_than_usage(self) -> bool {
        self.0 as u64 >= Self::RAISED_BY_CALLEE.0 as u64
    }
}
