//! Tables for people, in the look of Python's memory_profiler.

use comfy_table::{CellAlignment, ContentArrangement, Table, TableStyle};

use super::column::{Column, columns};
use super::escape::{printable, printable_line};
use super::style::Style;
use super::summary::{footnotes, summary};
use super::{color, line};
use crate::snapshot::{FunctionSnapshot, Snapshot};

const LINE_TITLE: &str = "Line #";
const SOURCE_TITLE: &str = "Line Contents";

/// Wide enough for usual numbers, so that the columns of neighbouring tables align.
const SIZE_WIDTH: usize = 11;

/// Blanks after each column of figures.
const GAP: u16 = 2;

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

fn table_lines(function: &FunctionSnapshot, columns: &[Column], style: &Style) -> Vec<String> {
    let sources = function.lines.iter().map(|line| printable(&line.source));
    let sources = std::iter::once(SOURCE_TITLE.to_owned()).chain(sources);
    let figures = figures(function, columns, style);
    let mut lines: Vec<_> = figures.lines().zip(sources).map(with_source).collect();
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

/// All columns except the source, whose lines would all be padded to the longest.
fn figures(function: &FunctionSnapshot, columns: &[Column], style: &Style) -> Table {
    let mut table = Table::new();
    table
        .load_style(TableStyle::new())
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header(columns));
    for line in &function.lines {
        let cells = columns.iter().map(|column| column.cell(line, style));
        table.add_row(std::iter::once(line.line.to_string()).chain(cells));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, GAP)).set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn header(columns: &[Column]) -> Vec<String> {
    let titles = columns.iter().map(|column| match column.is_size() {
        true => format!("{:>SIZE_WIDTH$}", column.title()),
        false => column.title().to_owned(),
    });
    std::iter::once(LINE_TITLE.to_owned()).chain(titles).collect()
}

fn with_source((figures, source): (String, String)) -> String {
    let mut line = format!("{figures} {}", line::cut(&source, LONGEST_SOURCE));
    line.truncate(line.trim_end().len());
    line
}
