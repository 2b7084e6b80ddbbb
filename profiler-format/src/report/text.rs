//! Tables for people, in the look of Python's memory_profiler.

use comfy_table::{CellAlignment, ContentArrangement, Table, TableStyle};

use super::column::Columns;
use super::escape::{printable, printable_line};
use super::style::Style;
use super::top::Selection;
use super::{color, footer, line, summary};
use crate::snapshot::{FunctionSnapshot, Snapshot};

const LINE_TITLE: &str = "Line #";
const SOURCE_TITLE: &str = "Line Contents";

/// Wide enough for usual numbers, so that the columns of neighbouring tables align.
const SIZE_WIDTH: usize = 11;

/// Blanks after each column of figures.
const GAP: u16 = 2;

/// Generated code may have a whole file on one line.
const LONGEST_SOURCE: usize = 10_000;

pub(super) fn render(snapshot: &Snapshot, selection: &Selection, style: &Style) -> String {
    let columns = Columns::of(snapshot);
    let mut text = summary::text(snapshot, selection, style);
    for function in selection.functions.iter().filter_map(|&index| snapshot.functions.get(index)) {
        text.push_str(&table(function, &columns, style));
        text.push('\n');
    }
    text.push_str(&footer::extent(snapshot));
    for note in footer::footnotes(snapshot) {
        text.push_str(&format!("\n{}", printable_line(note)));
    }
    text.push('\n');
    text
}

/// The table of one function, with its heading.
fn table(function: &FunctionSnapshot, columns: &Columns, style: &Style) -> String {
    let mut text = heading(function, style);
    for line in table_lines(function, columns, style) {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

fn heading(function: &FunctionSnapshot, style: &Style) -> String {
    let [file, name] = [&function.file, &function.name].map(|text| printable(text));
    let mut text = format!("Filename: {file}  Function: {name}");
    if let Some(peak) = function.peak {
        text.push_str(&format!("  Peak: {}", style.unit.format(peak.into(), style.precision)));
    }
    if let Some(note) = &function.note {
        text.push_str(&format!("\nNote: {}", printable(note)));
    }
    text + "\n\n"
}

fn table_lines(function: &FunctionSnapshot, columns: &Columns, style: &Style) -> Vec<String> {
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
fn figures(function: &FunctionSnapshot, columns: &Columns, style: &Style) -> Table {
    let mut table = Table::new();
    table
        .load_style(TableStyle::new())
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header(columns));
    for line in &function.lines {
        let cells = columns.all.iter().map(|&column| columns.cell(column, line, style));
        table.add_row(std::iter::once(line.line.to_string()).chain(cells));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, GAP)).set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn header(columns: &Columns) -> Vec<String> {
    let titles = columns.all.iter().map(|column| match column.is_size() {
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
