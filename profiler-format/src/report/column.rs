//! The columns of tables, in text and in Markdown.

use super::style::Style;
use crate::snapshot::{Backend, LineSnapshot, Snapshot};

/// The columns between the line number and the source.
pub(super) fn columns(snapshot: &Snapshot) -> Vec<Column> {
    use Column::{Allocations, Increment, Live, Occurrences, Peak, Usage};
    let all = match snapshot.backend {
        Backend::Heap => &[Usage, Increment, Peak, Live, Allocations, Occurrences][..],
        Backend::Rss | Backend::Off => &[Usage, Increment, Live, Occurrences],
    };
    let mut lines = snapshot.functions.iter().flat_map(|function| &function.lines);
    let is_traced = lines.any(|line| line.live.is_some());
    all.iter().copied().filter(|column| is_traced || *column != Live).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Usage,
    Increment,
    Peak,
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
            Self::Live => "Live",
            Self::Allocations => "Allocs",
            Self::Occurrences => "Occurrences",
        }
    }

    /// Whether the column holds sizes rather than counts.
    pub(super) fn is_size(self) -> bool {
        matches!(self, Self::Usage | Self::Increment | Self::Peak | Self::Live)
    }

    /// The cell of a line, empty where nothing was measured.
    pub(super) fn cell(self, line: &LineSnapshot, style: &Style) -> String {
        let value = match self {
            Self::Usage => line.usage.map(i128::from),
            Self::Increment => line.increment.map(i128::from),
            Self::Peak => line.peak.map(i128::from),
            Self::Live => line.live.map(i128::from),
            Self::Allocations => line.allocations.map(i128::from),
            Self::Occurrences => line.occurrences.map(i128::from),
        };
        match value {
            Some(bytes) if self.is_size() => style.unit.format(bytes, style.precision),
            Some(count) => count.to_string(),
            None => String::new(),
        }
    }
}
