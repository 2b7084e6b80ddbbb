//! Tables for people, in the look of Python's memory_profiler.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

use super::{Column, Style, color, columns, footnotes, line, summary};
use crate::snapshot::{FunctionSnapshot, LineSnapshot, Snapshot};

const LINE_TITLE: &str = "Line #";
const SOURCE_TITLE: &str = "Line Contents";

/// Header row and rule, which stand above the rows of a table.
const HEADER_LINES: usize = 2;

/// Numbers of everyday size leave the columns of neighbouring tables aligned.
const SIZE_WIDTH: usize = 11;

/// The table library counts columns with 16 bits and would wrap what is longer.
const LONGEST_SOURCE: usize = 10_000;

pub(super) fn render(snapshot: &Snapshot, style: &Style) -> String {
    let columns = columns(snapshot);
    let mut text = String::new();
    for function in &snapshot.functions {
        let file = line::printable(&function.file);
        let name = line::printable(&function.name);
        text.push_str(&format!("Filename: {file}  Function: {name}\n\n"));
        for line in table_lines(function, &columns, style) {
            text.push_str(&line);
            text.push('\n');
        }
        text.push('\n');
    }
    text.push_str(&summary(snapshot, style));
    for note in footnotes(snapshot) {
        text.push_str(&format!("\n{note}"));
    }
    text.push('\n');
    text
}

fn table_lines(function: &FunctionSnapshot, columns: &[Column], style: &Style) -> Vec<String> {
    let laid_out = layout(function, columns, style).trim_fmt();
    let mut lines: Vec<String> = laid_out.lines().map(str::to_owned).collect();
    let header_width = lines.first().map_or(0, |header| line::width(header));
    if let Some(rule) = lines.get_mut(1) {
        // Under the titles only: long source lines would stretch it across the screen.
        rule.truncate(header_width);
    }
    if let Some(width) = style.width {
        // The numbers are never cut, however narrow the terminal.
        let width = width.max(header_width);
        lines.iter_mut().for_each(|line| *line = line::cut(line, width));
    }
    if style.color {
        let rows = lines.iter_mut().skip(HEADER_LINES);
        rows.zip(color::heats(function)).for_each(|(row, heat)| *row = heat.paint(row));
    }
    lines
}

fn layout(function: &FunctionSnapshot, columns: &[Column], style: &Style) -> Table {
    let rule = LineStyle::none().fill('=').junction('=');
    let mut table = Table::new();
    table
        .load_style(TableStyle::new().header_separator(rule))
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header(columns));
    for line in &function.lines {
        table.add_row(row(line, columns, style));
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        let is_source = index > columns.len();
        let alignment = if is_source { CellAlignment::Left } else { CellAlignment::Right };
        column.set_cell_alignment(alignment);
        column.set_padding((gap(index, columns), 0));
    }
    table
}

/// Blanks left of a column, besides the one that joins it to its neighbour.
fn gap(index: usize, columns: &[Column]) -> u16 {
    match index {
        0 => 0,
        _ if index > columns.len() => 2,
        _ => 1,
    }
}

fn header(columns: &[Column]) -> Vec<String> {
    let titles = columns.iter().map(|column| match column.is_size() {
        true => format!("{:>SIZE_WIDTH$}", column.title()),
        false => column.title().to_owned(),
    });
    let first = std::iter::once(LINE_TITLE.to_owned());
    first.chain(titles).chain([SOURCE_TITLE.to_owned()]).collect()
}

fn row(line: &LineSnapshot, columns: &[Column], style: &Style) -> Vec<String> {
    let cells = columns.iter().map(|column| column.cell(line, style));
    let source = line::cut(&line::printable(&line.source), LONGEST_SOURCE);
    std::iter::once(line.line.to_string()).chain(cells).chain([source]).collect()
}
