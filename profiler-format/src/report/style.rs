//! How a report looks.

use super::units::Unit;

/// How a report looks. Formats that programs read ignore it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Style {
    /// Unit of all sizes.
    pub unit: Unit,
    /// Digits after the decimal point, except in whole bytes.
    pub precision: usize,
    /// Whether hot lines stand out in colour.
    pub color: bool,
    /// Columns available; `None` never shortens a line.
    pub width: Option<usize>,
}

impl Default for Style {
    fn default() -> Self {
        Self { unit: Unit::MiB, precision: 3, color: false, width: None }
    }
}
