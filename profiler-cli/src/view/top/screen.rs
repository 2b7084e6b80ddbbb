//! Draws the screen of `top`.

use mem_profile_format::report::{Overview, Unit, circumstances, cut, printable, printable_line};
use mem_profile_format::{Backend, FunctionSnapshot, Held, LineSnapshot, Snapshot};
use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::{Style, Stylize};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Cell, Row, Table, TableState};
use unicode_width::UnicodeWidthStr;

use super::column::{COLUMNS, Column};
use super::state::Top;
use crate::figures::Measure;
use crate::view::names::without_unnamed;
use crate::view::words::end_of;

/// Width of a figure, and of one with its share.
const FIGURE: u16 = 11;
const SHARED: u16 = 16;
/// Height from which on there are totals.
const LOW: u16 = 8;
/// Width from which on keys are explained.
const EXPLAINED: u16 = 120;
/// Width that remains for the place and the source of a line, at least.
const WORDS: u16 = 56;

pub(crate) fn render(top: &Top, frame: &mut Frame<'_>) {
    let area = frame.area();
    let has_room = top.open.is_none() && area.height >= LOW;
    let totals = if has_room { totals(top, area.width) } else { Vec::new() };
    let below = u16::try_from(totals.len()).unwrap_or(0);
    let heights = [1, 1, 0, below, 1].map(Constraint::Length);
    let mut heights = heights.to_vec();
    heights[2] = Constraint::Fill(1);
    let areas = Layout::vertical(heights).split(area);
    let title = cut(&printable_line(&format!("{}: {}", top.name, top.state)), area.width.into());
    frame.render_widget(Line::from(title).bold(), areas[0]);
    let process = top.snapshot.as_ref().map(|it| process(it, area.width.into()));
    frame.render_widget(Line::from(process.unwrap_or_default()), areas[1]);
    let keys = match &top.open {
        Some((_, first)) => {
            function(top, frame, areas[2], *first);
            "arrows scroll  Esc back  q quit".to_owned()
        }
        None => {
            lines(top, frame, areas[2]);
            table(top, frame, areas[3], totals, Kind::Totals);
            keys(top, area.width)
        }
    };
    frame.render_widget(Line::from(keys).dim(), areas[4]);
}

/// The process in one line: `peak 16.9 MiB after 1.2 s · 512 B in use · resident at most 19.8 MiB`
fn process(snapshot: &Snapshot, width: usize) -> String {
    let size = |bytes: u64| Unit::Auto.format(bytes.into(), 1);
    let Overview { peak, live, resident_peak, .. } = Overview::of(snapshot);
    let peak = peak.map(|it| format!("peak {}{}", size(it.bytes), circumstances(&it, size)));
    let kind = if snapshot.backend == Backend::Rss { "resident" } else { "in use" };
    let now = live.map(|bytes| format!("{} {kind}", size(bytes)));
    let resident = resident_peak.map(|it| format!("resident at most {}", size(it)));
    let mut parts: Vec<_> = [peak, now, resident].into_iter().flatten().collect();
    // The most important ones come first.
    while parts.len() > 1 && parts.join(" · ").width() > width {
        parts.pop();
    }
    parts.join(" · ")
}

fn keys(top: &Top, width: u16) -> String {
    let rows = if top.hidden == 1 { "row" } else { "rows" };
    let hidden = match (top.hidden, top.shows_all) {
        (0, false) => String::new(),
        (0, true) => "z hide rows of 0   ".into(),
        (hidden, _) => format!("z show {hidden} {rows} of 0   "),
    };
    let has_own = top.snapshot.as_ref().is_some_and(|it| Column::Of(Measure::AtPeak).is_in(it));
    match (width >= EXPLAINED, has_own) {
        (true, own) => {
            let own = if own { "a at peak  l live  " } else { "" };
            let others = "i increment  p peak  b allocated  n allocs";
            format!("{hidden}sort: {own}{others}   arrows, Enter: function  q quit")
        }
        (false, true) => format!("{hidden}sort: a l i p b n   Enter  q quit"),
        (false, false) => format!("{hidden}sort: i p b n   Enter  q quit"),
    }
}

/// A row of the table: figures, then words.
struct Entry {
    figures: Vec<(Column, Option<i128>)>,
    place: String,
    source: String,
}

/// Memory that is on no line, and the sum of all rows, shown or not: only of columns that may be added up.
fn totals(top: &Top, width: u16) -> Vec<Entry> {
    let paths = top.snapshot.as_ref().and_then(|snapshot| snapshot.paths.as_ref());
    let is_own = |column: &Column| column.of_blocks(&Held::default()).is_some();
    let Some(paths) = paths.filter(|_| columns(top, width).iter().any(is_own)) else {
        return Vec::new();
    };
    let entry = |words: &str, held: &Held| {
        let figures = COLUMNS.map(|column| (column, column.of_blocks(held)));
        Entry { figures: figures.to_vec(), place: words.to_owned(), source: String::new() }
    };
    let parts = [
        ("outside of measured functions", paths.outside),
        ("not attributed to a line", paths.unattributed),
    ];
    let parts = parts.into_iter().filter(|(_, held)| held.at_peak > 0 || held.live > 0);
    let total = [("the whole process", paths.total())];
    parts.chain(total).map(|(words, held)| entry(words, &held)).collect()
}

fn lines(top: &Top, frame: &mut Frame<'_>, area: Rect) {
    let entries = top.rows.iter().map(|row| Entry {
        figures: COLUMNS.map(|column| (column, column.of(&row.line))).to_vec(),
        place: printable(&format!("{}:{}", without_unnamed(&row.function.0), row.line.line)),
        source: row.source.clone(),
    });
    table(top, frame, area, entries.collect(), Kind::Lines);
}

/// The function that was opened: its heading, and its rows from this one on.
fn function(top: &Top, frame: &mut Frame<'_>, area: Rect, first: usize) {
    let Some(function) = top.opened() else { return };
    let [heading, rows] =
        Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
    let peak = function.peak.map(|bytes| format!("  peak {}", Unit::Auto.format(bytes.into(), 1)));
    let note = function.note.as_ref().map(|note| format!("  {note}"));
    let (peak, note) = (peak.unwrap_or_default(), note.unwrap_or_default());
    let FunctionSnapshot { name, file, .. } = function;
    let text = printable_line(&format!("{}  {file}{peak}{note}", without_unnamed(name)));
    frame.render_widget(Line::from(cut(&text, heading.width.into())).bold(), heading);
    let indent = |line: &LineSnapshot| line.source.len() - line.source.trim_start().len();
    let code = function.lines.iter().filter(|line| !line.source.trim().is_empty());
    let indent = code.map(indent).min().unwrap_or(0);
    let entry = |line: &LineSnapshot| Entry {
        // The reading on entry is no figure of a line.
        figures: COLUMNS.map(|it| (it, it.of(line).filter(|_| line.is_body()))).to_vec(),
        place: format!("{:>4}", line.line),
        source: printable(line.source.get(indent..).unwrap_or_default()),
    };
    let entries = function.lines.iter().skip(first).map(entry).collect();
    table(top, frame, rows, entries, Kind::Function);
}

/// The rows of a table.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Lines of several functions, one of them selected.
    Lines,
    /// All lines of one function.
    Function,
    /// Sums, below other lines.
    Totals,
}

/// The columns that fit, in their order: first of all the sorted one.
fn columns(top: &Top, width: u16) -> Vec<Column> {
    let Some(snapshot) = &top.snapshot else { return Vec::new() };
    let sorted = top.column();
    let mut room = width.saturating_sub(WORDS);
    let others = COLUMNS.into_iter().filter(|column| *column != sorted && column.is_in(snapshot));
    let fitting = others.filter(|column| {
        let needed = self::width(*column, snapshot) + 1;
        let fits = room >= needed + self::width(sorted, snapshot);
        room -= if fits { needed } else { 0 };
        fits
    });
    let chosen: Vec<_> = fitting.collect();
    let mut columns = COLUMNS.to_vec();
    columns.retain(|column| *column == sorted || chosen.contains(column));
    columns
}

fn width(column: Column, snapshot: &Snapshot) -> u16 {
    if column.of_process(snapshot).is_some() { SHARED } else { FIGURE }
}

fn table(top: &Top, frame: &mut Frame<'_>, area: Rect, entries: Vec<Entry>, kind: Kind) {
    let Some(snapshot) = &top.snapshot else { return };
    let right = |text: String| Cell::from(Text::from(text).alignment(Alignment::Right));
    let columns = columns(top, area.width);
    let titles = columns.iter().map(|column| {
        let title = right(column.title().to_owned());
        if *column == top.column() { title.style(Style::new().reversed()) } else { title }
    });
    let header = titles.chain(["Line", "Line Contents"].map(Cell::from));
    let numbers: Vec<_> = columns.iter().map(|column| width(*column, snapshot)).collect();
    // The number of the line is at the end, and its function's name before that.
    let longest = entries.iter().map(|entry| entry.place.chars().count()).max().unwrap_or(0);
    let longest = u16::try_from(longest).unwrap_or(u16::MAX);
    let room = area.width.saturating_sub(numbers.iter().map(|width| width + 1).sum());
    let place = if kind == Kind::Totals { room } else { longest.clamp(4, (room / 2).max(24)) };
    let rows = entries.into_iter().map(|entry| {
        let figures = columns.iter().map(|column| {
            let figure = entry.figures.iter().find(|(of, _)| of == column).and_then(|it| it.1);
            right(figure.map_or_else(String::new, |figure| with_share(*column, figure, snapshot)))
        });
        let source = cut(&entry.source, room.saturating_sub(place + 1).into());
        let words = [end_of(&entry.place, place.into()), source].map(Cell::from);
        Row::new(figures.chain(words).collect::<Vec<_>>())
    });
    let numbers = numbers.into_iter().map(Constraint::Length);
    let widths = numbers.chain([Constraint::Length(place), Constraint::Fill(1)]);
    let table = Table::new(rows, widths).row_highlight_style(Style::new().reversed());
    let header = Row::new(header).bold();
    match kind {
        Kind::Lines => {
            let mut state = TableState::default().with_selected(Some(top.selected));
            frame.render_stateful_widget(table.header(header), area, &mut state);
        }
        Kind::Function => frame.render_widget(table.header(header), area),
        Kind::Totals => frame.render_widget(table.bold(), area),
    }
}

/// `12.1 MiB  71 %`: with the share of the process, where there is one.
fn with_share(column: Column, figure: i128, snapshot: &Snapshot) -> String {
    let text = column.format(figure);
    match column.of_process(snapshot) {
        Some(whole) if whole > 0 => {
            let share = figure as f64 / whole as f64 * 100.0;
            match figure > 0 && share < 0.5 {
                true => format!("{text}  <1 %"),
                false => format!("{text} {share:>3.0} %"),
            }
        }
        Some(_) => format!("{text}      "),
        None => text,
    }
}
