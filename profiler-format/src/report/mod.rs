//! From a snapshot to text: what all formats share, and one renderer per file.
//!
//! Nothing here reads or writes anything but its arguments, and the functions come in the order of
//! the snapshot.

mod color;
mod csv;
mod escape;
mod json;
mod lcov;
mod line;
mod markdown;
mod text;
mod units;

#[cfg(test)]
mod tests;

pub use self::color::ColorChoice;
pub use self::escape::{csv_field, folded_frame, json_printable, printable, printable_line};
pub use self::line::cut;
pub use self::markdown::{cell as markdown_cell, prose as markdown_prose};
pub use self::units::Unit;

use crate::snapshot::{Backend, FunctionSnapshot, LineSnapshot, Snapshot};

/// What a report is written as.
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

/// The columns between the line number and the source.
fn columns(snapshot: &Snapshot) -> Vec<Column> {
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
enum Column {
    Usage,
    Increment,
    Peak,
    Live,
    Allocations,
    Occurrences,
}

impl Column {
    fn title(self) -> &'static str {
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
    fn is_size(self) -> bool {
        matches!(self, Self::Usage | Self::Increment | Self::Peak | Self::Live)
    }

    /// The cell of a line, empty where nothing was measured.
    fn cell(self, line: &LineSnapshot, style: &Style) -> String {
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

/// What the numbers mean in one line: `mem-profile: 3 functions, 42 lines ran, heap: …`.
#[must_use]
pub fn summary(snapshot: &Snapshot, style: &Style) -> String {
    let functions = snapshot.functions.len();
    let ran = |function: &FunctionSnapshot| function.body_lines().filter(|line| line.ran()).count();
    let lines = snapshot.functions.iter().map(ran).sum::<usize>();
    let plural = |count| if count == 1 { "" } else { "s" };
    let mut text = format!(
        "mem-profile: {functions} function{}, {lines} line{} ran, {}",
        plural(functions),
        plural(lines),
        snapshot.backend.name(),
    );
    if let (Some(bytes), Some(state)) = (snapshot.process_bytes, state(snapshot.backend)) {
        // An overview needs fewer digits than a table.
        let size = style.unit.format(bytes.into(), style.precision.min(2));
        text.push_str(&format!(": {size} {state} when reported"));
    }
    text
}

fn state(backend: Backend) -> Option<&'static str> {
    match backend {
        Backend::Rss => Some("resident"),
        Backend::Heap => Some("live"),
        Backend::Off => None,
    }
}

/// What the backend cannot see, and what is to be known of the tracer's figures.
fn footnotes(snapshot: &Snapshot) -> impl Iterator<Item = &str> {
    let notes = snapshot.notes.iter().map(String::as_str);
    std::iter::once(footnote(snapshot.backend)).chain(notes)
}

/// What the backend cannot see.
#[must_use]
pub fn footnote(backend: Backend) -> &'static str {
    match backend {
        Backend::Rss => {
            "rss counts resident pages of the whole process, all threads; file fault-around moves \
             it by 16 to 48 pages"
        }
        Backend::Heap => {
            "heap counts what goes through the Rust allocator; memory taken by C libraries is not \
             seen"
        }
        Backend::Off => "nothing was measured: the profiler is switched off",
    }
}
