//! How a report looks.

use super::units::Unit;

/// How a report looks. Formats made for programs to read take no notice of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Style {
    /// Unit of all sizes.
    pub unit: Unit,
    /// Digits after the decimal point, except in whole bytes.
    pub precision: usize,
    /// Whether hot lines stand out in colour.
    pub color: bool,
    /// Columns available; `None` leaves every line as long as it is.
    pub width: Option<usize>,
}

impl Default for Style {
    fn default() -> Self {
        Self { unit: Unit::MiB, precision: 3, color: false, width: None }
    }
}
