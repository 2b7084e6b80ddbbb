//! The questions that a snapshot answers.

use crate::query::filter::Filter;
use crate::query::for_caller::clone_for_caller;
use crate::query::snapshot::Snapshot;
use crate::query::statistic::{By, Statistic};
use crate::query::{group, notes};
use mem_profile_names::Frame;
use mem_profile_runtime::internal::Quiet;

impl Snapshot {
    /// The live memory, grouped; the largest group first.
    #[must_use]
    pub fn statistics(&self, by: By) -> Vec<Statistic> {
        clone_for_caller(|| group::statistics(self, by, false))
    }

    /// The same, where a trace counts for every place that its stack passes, once: what a function
    /// and all that it calls hold.
    #[must_use]
    pub fn statistics_cumulative(&self, by: By) -> Vec<Statistic> {
        clone_for_caller(|| group::statistics(self, by, true))
    }

    /// The lines that hold the live memory, each as the innermost frame of the program's own, with its bytes; the
    /// largest first.
    #[must_use]
    pub fn lines(&self) -> Vec<(Frame, u64)> {
        clone_for_caller(|| group::lines(self))
    }

    /// The changes since `older`; the largest first.
    #[must_use]
    pub fn compare_to(&self, older: &Self, by: By, cumulative: bool) -> Vec<Statistic> {
        clone_for_caller(|| {
            let new = group::statistics(self, by, cumulative);
            group::compare(new, group::statistics(older, by, cumulative))
        })
    }

    /// The part that the filter lets through.
    #[must_use]
    pub fn filter(&self, filter: &Filter) -> Self {
        let _quiet = Quiet::enter();
        let (symbols, threads) = (self.symbols(), &self.data().threads);
        self.retain(|trace| filter.matches(trace, symbols, threads))
    }

    /// Notes on the figures for a reader, one line each: that they are a sample, that
    /// tables were full, which setting of cargo brings names.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        clone_for_caller(|| notes::notes(self))
    }
}
