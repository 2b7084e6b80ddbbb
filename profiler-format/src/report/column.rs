//! The columns of tables, in text and in Markdown.

use super::share::{held_at_peak, percent};
use super::style::Style;

use crate::snapshot::{Backend, LineSnapshot, Snapshot};

/// The columns between the line number and the source.
pub(super) struct Columns {
    pub(super) all: Vec<Column>,
    /// The process's peak, of which shares are shown.
    peak: Option<u64>,
}

impl Columns {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        use Column::{Allocations, AtPeak, Increment, Live, Occurrences, Peak, Share, Usage};
        let peak = held_at_peak(snapshot);
        let all = match snapshot.backend {
            Backend::Heap => {
                &[Usage, Increment, Peak, AtPeak, Share, Live, Allocations, Occurrences][..]
            }
            Backend::Rss | Backend::Off => &[Usage, Increment, AtPeak, Share, Live, Occurrences],
        };
        let lines = || snapshot.functions.iter().flat_map(|function| &function.lines);
        let is_shown = |column: &Column| match column {
            Column::AtPeak => lines().any(|line| line.at_peak.is_some()),
            Column::Share => peak.is_some(),
            Column::Live => lines().any(|line| line.live.is_some()),
            _ => true,
        };
        let all = all.iter().copied().filter(is_shown).collect();
        Self { all, peak }
    }

    /// The cell of a line, empty where nothing was measured.
    pub(super) fn cell(&self, column: Column, line: &LineSnapshot, style: &Style) -> String {
        let value = match column {
            Column::Share => return self.share(line),
            Column::Usage => line.usage.map(i128::from),
            Column::Increment => line.increment.map(i128::from),
            Column::Peak => line.peak.map(i128::from),
            Column::AtPeak => line.at_peak.map(i128::from),
            Column::Live => line.live.map(i128::from),
            Column::Allocations => line.allocations.map(i128::from),
            Column::Occurrences => line.occurrences.map(i128::from),
        };
        match value {
            Some(bytes) if column.is_size() => style.unit.format(bytes, style.precision),
            Some(count) => count.to_string(),
            None => String::new(),
        }
    }

    /// The share of the process's peak that a line holds; empty where it holds nothing.
    fn share(&self, line: &LineSnapshot) -> String {
        let share = self.peak.zip(line.at_peak.filter(|&bytes| bytes > 0));
        share.map_or_else(String::new, |(peak, bytes)| percent(bytes, peak))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Usage,
    Increment,
    Peak,
    AtPeak,
    Share,
    Live,
    Allocations,
    Occurrences,
}

impl Column {
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Usage => "Mem usage",
            Self::Increment => "Increment",
            Self::Peak => "Peak",
            Self::AtPeak => "At peak",
            Self::Share => "Share",
            Self::Live => "Live",
            Self::Allocations => "Allocs",
            Self::Occurrences => "Occurrences",
        }
    }

    /// Whether the column holds sizes rather than counts.
    pub(super) fn is_size(self) -> bool {
        !matches!(self, Self::Share | Self::Allocations | Self::Occurrences)
    }
}
