//! How a report looks.

use super::top::Top;
use super::units::Unit;

/// Most digits after the decimal point in the summary: an overview needs fewer than a table.
const OVERVIEW_PRECISION: usize = 1;

/// How a report looks. Formats that programs read ignore it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Style {
    /// Unit of sizes in tables.
    pub unit: Unit,
    /// Unit of sizes in the summary.
    pub overview_unit: Unit,
    /// Digits after the decimal point, except in whole bytes.
    pub precision: usize,
    /// Whether hot lines stand out in colour.
    pub color: bool,
    /// Columns available; `None` never shortens a line.
    pub width: Option<usize>,
    /// The tables that are shown.
    pub top: Top,
    /// Whether the program has ended, so that its last figures are those at its end.
    pub has_ended: bool,
}

impl Style {
    /// The same with one unit for a list of the summary, in which sizes are compared with this one.
    pub(super) fn comparing_with(&self, bytes: u64) -> Self {
        Self { overview_unit: self.overview_unit.fitting(bytes.into()), ..self.clone() }
    }

    /// A size in the summary.
    #[must_use]
    pub fn overview_size(&self, bytes: u64) -> String {
        self.overview_unit.format(bytes.into(), self.precision.min(OVERVIEW_PRECISION))
    }
}

impl Default for Style {
    fn default() -> Self {
        Self {
            unit: Unit::MiB,
            overview_unit: Unit::Auto,
            precision: 3,
            color: false,
            width: None,
            top: Top::default(),
            has_ended: true,
        }
    }
}
