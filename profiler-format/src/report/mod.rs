//! From a snapshot to text, one renderer per file.
//!
//! Owns every text form of a snapshot, and the escaping that makes foreign strings safe in each. It never reads a
//! file or the environment, and never prints. Text and Markdown have a summary and the hottest functions first; all
//! other forms keep the order of the snapshot.

mod color;
mod column;
mod count;
mod csv;
mod escape;
#[cfg(feature = "flame")]
mod flame;
mod footer;
mod json;
mod lcov;
mod line;
mod markdown;
mod overview;
mod page;
mod share;
mod statement;
mod style;
mod summary;
mod text;
mod top;
mod units;

#[cfg(test)]
mod tests;

pub use self::color::ColorChoice;
pub use self::count::{count, grouped};
pub use self::escape::{
    csv_field, folded_frame, json_printable, markup, printable, printable_line,
};
#[cfg(feature = "flame")]
pub use self::flame::{FlameGraph, FrameKind};
pub use self::footer::{extent, footnote};
pub use self::line::{cut, cut_front};
pub use self::markdown::{cell as markdown_cell, code as markdown_code, prose as markdown_prose};
pub use self::overview::{HeldByLine, HeldLine, Overview};
pub use self::page::THEME;
#[cfg(feature = "page")]
pub use self::page::{Page, content_hash};
pub use self::share::percent;
pub use self::statement::{statement, statement_lengths};
pub use self::style::Style;
pub use self::summary::{circumstances, exactness, headline, resident};
pub use self::top::{Selection, Top, hottest_first};
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
    let mut selection = Selection::hottest(snapshot, style.top);
    let has_tables = matches!(format, Format::Table | Format::Markdown);
    if has_tables || !matches!(style.top, Top::First(_)) {
        return render_selection(snapshot, &selection, format, style);
    }
    let mut selected = snapshot.clone();
    selection.functions.sort_unstable();
    selected.choose_functions(&selection.functions);
    render_selection(&selected, &selection, format, style)
}

/// Renders the snapshot, with tables of these functions. Other forms have all that is in the snapshot.
#[must_use]
pub fn render_selection(
    snapshot: &Snapshot,
    selection: &Selection,
    format: Format,
    style: &Style,
) -> String {
    match format {
        Format::Table => text::render(snapshot, selection, style),
        Format::Markdown => markdown::render(snapshot, selection, style),
        Format::Json => json::render(snapshot),
        Format::Csv => csv::render(snapshot),
        Format::Lcov => lcov::render(snapshot),
    }
}
