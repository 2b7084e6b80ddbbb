//! The columns of the screen.

use mem_profile_format::report::Unit;
use mem_profile_format::{Held, LineSnapshot, Snapshot};

use crate::figures::{Figures, Measure};

/// A figure of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Of(Measure),
    Occurrences,
}

pub(super) const COLUMNS: [Column; 7] = [
    Column::Of(Measure::AtPeak),
    Column::Of(Measure::Live),
    Column::Of(Measure::Increment),
    Column::Of(Measure::Peak),
    Column::Of(Measure::Allocated),
    Column::Of(Measure::Allocs),
    Column::Occurrences,
];

impl Column {
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Of(measure) => measure.title(),
            Self::Occurrences => "Occurrences",
        }
    }

    pub(super) fn of(self, line: &LineSnapshot) -> Option<i128> {
        match self {
            Self::Of(measure) => measure.of(&Figures::of_line(line)),
            Self::Occurrences => line.occurrences.map(i128::from),
        }
    }

    /// The same of blocks, for the columns that may be added up: those of a line's own blocks.
    pub(super) fn of_blocks(self, held: &Held) -> Option<i128> {
        match self {
            Self::Of(Measure::AtPeak) => Some(held.at_peak.into()),
            Self::Of(Measure::Live) => Some(held.live.into()),
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
            Self::Of(measure) => measure.format(figure, Unit::Auto, 1),
            Self::Occurrences => figure.to_string(),
        }
    }

    /// Whether the recording has it.
    pub(super) fn is_in(self, snapshot: &Snapshot) -> bool {
        let mut lines = snapshot.functions.iter().flat_map(|function| &function.lines);
        lines.any(|line| self.of(line).is_some())
    }
}
