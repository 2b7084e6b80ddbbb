//! The figures of one line, over all threads.

use super::blocks::{Block, unsigned};
use crate::layout;
use crate::snapshot::{Backend, Held, LineSnapshot, RowKind};

/// A thread's running totals, or the difference of two of them.
#[derive(Clone, Copy, Default)]
pub(super) struct Totals {
    pub(super) live: i64,
    pub(super) allocated: i64,
    pub(super) allocations: i64,
}

impl Totals {
    pub(super) fn since(self, earlier: Self) -> Self {
        Self {
            live: self.live.wrapping_sub(earlier.live),
            allocated: self.allocated.wrapping_sub(earlier.allocated),
            allocations: self.allocations.wrapping_sub(earlier.allocations),
        }
    }
}

/// One line's figures over all threads.
#[derive(Clone, Copy, Default)]
pub(super) struct Sum {
    pub(super) runs: i64,
    pub(super) totals: Totals,
    pub(super) peak: i64,
    pub(super) usage: i64,
    /// The blocks of the line itself, where live ones are recorded.
    pub(super) held: Option<Held>,
}

impl Sum {
    fn ran(&self) -> bool {
        self.runs > 0
    }

    /// Whether the line has figures. A line that began before a reset has bytes without an
    /// occurrence, and no other line has them.
    pub(super) fn is_shown(&self) -> bool {
        self.ran() || self.has_effect() || self.held.is_some_and(|held| held != Held::default())
    }

    /// Whether memory was taken or returned.
    pub(super) fn has_effect(&self) -> bool {
        let Totals { live, allocated, allocations } = self.totals;
        [live, allocated, allocations, self.peak].iter().any(|&figure| figure != 0)
    }

    pub(super) fn add(&mut self, change: Totals) {
        let totals = &mut self.totals;
        totals.live = totals.live.wrapping_add(change.live);
        totals.allocated = totals.allocated.wrapping_add(change.allocated);
        totals.allocations = totals.allocations.wrapping_add(change.allocations);
    }

    pub(super) fn add_row(&mut self, chunk: &Block<'_>, index: usize) {
        let at = layout::chunk::SIZE + index * layout::row::SIZE;
        let word = |offset| chunk.word(at + offset);
        self.runs = self.runs.wrapping_add(word(layout::row::RUNS));
        self.add(Totals {
            live: word(layout::row::INCREMENT),
            allocated: word(layout::row::ALLOCATED),
            allocations: word(layout::row::ALLOCATIONS),
        });
        self.peak = self.peak.max(word(layout::row::PEAK));
        self.usage = self.usage.max(word(layout::row::USAGE));
    }
}

/// The last row has the figures of the code on the first line. That code may have run more or less often
/// than the function was called.
pub(super) fn join_first_row(sums: &mut Vec<Sum>) {
    if let [first, .., code] = &mut sums[..] {
        first.runs = code.runs;
        first.add(code.totals);
        first.peak = first.peak.max(code.peak);
        first.usage = first.usage.max(code.usage);
        if let (Some(held), Some(of_code)) = (&mut first.held, &code.held) {
            held.add(of_code);
        }
        sums.pop();
    }
}

/// The row of a line.
pub(super) fn row(line: u32, source: &str, sum: &Sum, backend: Backend) -> LineSnapshot {
    let is_shown = sum.is_shown();
    let heap = is_shown && backend == Backend::Heap;
    LineSnapshot {
        line,
        kind: RowKind::Body,
        source: source.to_owned(),
        usage: is_shown.then(|| unsigned(sum.usage)),
        increment: is_shown.then_some(sum.totals.live),
        peak: heap.then(|| unsigned(sum.peak)),
        at_peak: sum.held.filter(|_| is_shown).map(|held| held.at_peak),
        live: sum.held.filter(|_| is_shown).map(|held| held.live),
        allocations: heap.then(|| unsigned(sum.totals.allocations)),
        allocated: heap.then(|| unsigned(sum.totals.allocated)),
        occurrences: is_shown.then(|| unsigned(sum.runs)),
    }
}
