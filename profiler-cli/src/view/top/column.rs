//! The columns of the screen.

use mem_profile_format::report::Unit;
use mem_profile_format::{Held, LineSnapshot, Snapshot};

/// A figure of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    /// The line's own bytes at the peak of the process.
    AtPeak,
    /// The line's own bytes that are live now.
    Live,
    Increment,
    Peak,
    Allocated,
    Allocs,
    Occurrences,
}

pub(super) const COLUMNS: [Column; 7] = [
    Column::AtPeak,
    Column::Live,
    Column::Increment,
    Column::Peak,
    Column::Allocated,
    Column::Allocs,
    Column::Occurrences,
];

impl Column {
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::AtPeak => "At peak",
            Self::Live => "Live",
            Self::Increment => "Increment",
            Self::Peak => "Peak",
            Self::Allocated => "Allocated",
            Self::Allocs => "Allocs",
            Self::Occurrences => "Occurrences",
        }
    }

    pub(super) fn of(self, line: &LineSnapshot) -> Option<i128> {
        match self {
            Self::AtPeak => line.at_peak.map(i128::from),
            Self::Live => line.live.map(i128::from),
            Self::Increment => line.increment.map(i128::from),
            Self::Peak => line.peak.map(i128::from),
            Self::Allocated => line.allocated.map(i128::from),
            Self::Allocs => line.allocations.map(i128::from),
            Self::Occurrences => line.occurrences.map(i128::from),
        }
    }

    /// The same of blocks, for the columns that may be added up: those of a line's own blocks.
    pub(super) fn of_blocks(self, held: &Held) -> Option<i128> {
        match self {
            Self::AtPeak => Some(held.at_peak.into()),
            Self::Live => Some(held.live.into()),
            _ => None,
        }
    }

    /// That of the whole process, for the same columns.
    pub(super) fn of_process(self, snapshot: &Snapshot) -> Option<i128> {
        let paths = snapshot.paths.as_ref()?;
        self.of_blocks(&paths.total())
    }

    pub(super) fn format(self, figure: i128) -> String {
        match self {
            Self::Allocs | Self::Occurrences => figure.to_string(),
            _ => Unit::Auto.format(figure, 1),
        }
    }

    /// Whether the recording has it.
    pub(super) fn is_in(self, snapshot: &Snapshot) -> bool {
        let mut lines = snapshot.functions.iter().flat_map(|function| &function.lines);
        lines.any(|line| self.of(line).is_some())
    }
}
