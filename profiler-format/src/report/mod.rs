//! From a snapshot to text, one renderer per file.
//!
//! Owns every text form of a snapshot, and the escaping that makes foreign strings safe in each. It never reads a
//! file or the environment, never prints, and keeps the order of the snapshot.

mod color;
mod column;
mod csv;
mod escape;
#[cfg(feature = "flame")]
mod flame;
mod json;
mod lcov;
mod line;
mod markdown;
mod style;
mod summary;
mod text;
mod units;

#[cfg(test)]
mod tests;

pub use self::color::ColorChoice;
pub use self::escape::{csv_field, folded_frame, json_printable, printable, printable_line};
#[cfg(feature = "flame")]
pub use self::flame::{FlameGraph, FrameKind};
pub use self::line::cut;
pub use self::markdown::{cell as markdown_cell, prose as markdown_prose};
pub use self::style::Style;
pub use self::summary::{footnote, summary};
pub use self::units::Unit;

use crate::snapshot::Snapshot;

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Tables for people to read.
    Table,
    /// The snapshot itself.
    Json,
    /// A heading and a table per function.
    Markdown,
    /// One row per line.
    Csv,
    /// How often each line ran, as coverage tools tell editors.
    Lcov,
}

impl Format {
    /// The usual extension of a file in this format, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Table => "txt",
            Self::Json => "json",
            Self::Markdown => "md",
            Self::Csv => "csv",
            Self::Lcov => "info",
        }
    }
}

/// Renders the snapshot. The text ends with a line ending.
#[must_use]
pub fn render(snapshot: &Snapshot, format: Format, style: &Style) -> String {
    match format {
        Format::Table => text::render(snapshot, style),
        Format::Json => json::render(snapshot),
        Format::Markdown => markdown::render(snapshot, style),
        Format::Csv => csv::render(snapshot),
        Format::Lcov => lcov::render(snapshot),
    }
}
