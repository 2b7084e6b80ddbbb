//! Tables for people, in the look of Python's memory_profiler.

use super::column::{Column, columns};
use super::escape::{printable, printable_line};
use super::style::Style;
use super::summary::{footnotes, summary};
use super::{color, line};
use crate::snapshot::{FunctionSnapshot, LineSnapshot, Snapshot};

const LINE_TITLE: &str = "Line #";
const SOURCE_TITLE: &str = "Line Contents";

/// Numbers of everyday size leave the columns of neighbouring tables aligned.
const SIZE_WIDTH: usize = 11;

/// Between two columns.
const GAP: &str = "  ";

/// Generated code may have a whole file on one line.
const LONGEST_SOURCE: usize = 10_000;

pub(super) fn render(snapshot: &Snapshot, style: &Style) -> String {
    let columns = columns(snapshot);
    let mut text = String::new();
    for function in &snapshot.functions {
        let file = printable(&function.file);
        let name = printable(&function.name);
        text.push_str(&format!("Filename: {file}  Function: {name}\n"));
        if let Some(note) = &function.note {
            text.push_str(&format!("Note: {}\n", printable(note)));
        }
        text.push('\n');
        for line in table_lines(function, &columns, style) {
            text.push_str(&line);
            text.push('\n');
        }
        text.push('\n');
    }
    text.push_str(&summary(snapshot, style));
    for note in footnotes(snapshot) {
        text.push_str(&format!("\n{}", printable_line(note)));
    }
    text.push('\n');
    text
}

/// Of fixed columns, so laid out here: a library that can wrap and frame any table as well would be
/// 116 KiB of the user's program.
fn table_lines(function: &FunctionSnapshot, columns: &[Column], style: &Style) -> Vec<String> {
    let rows = function.lines.iter().map(|line| row(line, columns, style));
    let rows: Vec<_> = std::iter::once(header(columns)).chain(rows).collect();
    let widths = widths(&rows);
    let mut lines: Vec<String> = rows.iter().map(|row| laid_out(row, &widths)).collect();
    let header_width = lines.first().map_or(0, String::len);
    if let Some(width) = style.width {
        // The numbers are never cut, however narrow the terminal.
        let width = width.max(header_width);
        lines.iter_mut().for_each(|line| *line = line::cut(line, width));
    }
    if style.color {
        let rows = lines.iter_mut().skip(1);
        rows.zip(color::heats(function)).for_each(|(row, heat)| *row = heat.paint(row));
    }
    // Under the titles only: long source lines would stretch it across the screen.
    lines.insert(1, "=".repeat(header_width));
    lines
}

/// A row of a table.
struct Cells {
    /// Right-aligned: the number of the line and its figures, all of them ASCII.
    figures: Vec<String>,
    source: String,
}

fn header(columns: &[Column]) -> Cells {
    let titles = columns.iter().map(|column| match column.is_size() {
        true => format!("{:>SIZE_WIDTH$}", column.title()),
        false => column.title().to_owned(),
    });
    let figures = std::iter::once(LINE_TITLE.to_owned()).chain(titles).collect();
    Cells { figures, source: SOURCE_TITLE.to_owned() }
}

fn row(line: &LineSnapshot, columns: &[Column], style: &Style) -> Cells {
    let cells = columns.iter().map(|column| column.cell(line, style));
    let figures = std::iter::once(line.line.to_string()).chain(cells).collect();
    Cells { figures, source: line::cut(&printable(&line.source), LONGEST_SOURCE) }
}

/// That of the widest figure in each column.
fn widths(rows: &[Cells]) -> Vec<usize> {
    let mut widths = Vec::new();
    for row in rows {
        widths.resize(row.figures.len(), 0);
        for (width, figure) in widths.iter_mut().zip(&row.figures) {
            *width = figure.len().max(*width);
        }
    }
    widths
}

fn laid_out(row: &Cells, widths: &[usize]) -> String {
    let mut text = String::new();
    for (figure, width) in row.figures.iter().zip(widths) {
        text.push_str(&format!("{figure:>width$}{GAP}"));
    }
    // Of the gap before the source this is the rest.
    text.push_str(&format!(" {}", row.source));
    text.truncate(text.trim_end().len());
    text
}
