//! Views that show every row: tables, data, the page, and a comparison with nothing.

use mem_profile_format::report::{self, Format, Selection, Style, Unit};
use mem_profile_format::{FunctionSnapshot, LineSnapshot, RowKind, Snapshot};
use serde_json::Value;

use super::programs::recordings;
use super::{body, total};
use crate::compare::{self, Ranking};
use crate::figures::{Figures, Measure};
use crate::recording::Recording;
use crate::view::html;

/// A row as a view shows it. Tables do not show its kind.
#[derive(Debug, Default, PartialEq, Eq)]
struct Shown {
    line: i128,
    kind: Option<RowKind>,
    usage: Option<i128>,
    increment: Option<i128>,
    peak: Option<i128>,
    at_peak: Option<i128>,
    live: Option<i128>,
    allocations: Option<i128>,
    occurrences: Option<i128>,
}

impl Shown {
    /// Parses the cells of a row, by the titles of the columns.
    fn of_cells<'a>(cell: impl Fn(&str) -> Option<&'a str>) -> Self {
        let number = |title: &str| cell(title)?.trim().trim_end_matches(" B").parse().ok();
        Self {
            line: number("Line #").unwrap(),
            kind: None,
            usage: number("Mem usage"),
            increment: number("Increment"),
            peak: number("Peak"),
            at_peak: number("At peak"),
            live: number("Live"),
            allocations: number("Allocs"),
            occurrences: number("Occurrences"),
        }
    }

    /// The expected figures in a view without kinds.
    fn without_kind(line: &LineSnapshot) -> Self {
        Self {
            line: line.line.into(),
            kind: None,
            usage: line.usage.map(i128::from),
            increment: line.increment.map(i128::from),
            peak: line.peak.map(i128::from),
            at_peak: line.at_peak.map(i128::from),
            live: line.live.map(i128::from),
            allocations: line.allocations.map(i128::from),
            occurrences: line.occurrences.map(i128::from),
        }
    }

    fn with_kind(line: &LineSnapshot) -> Self {
        Self { kind: Some(line.kind), ..Self::without_kind(line) }
    }
}

/// All tables, in the order of the snapshot. In bytes, so that sums are exact.
fn tables(snapshot: &Snapshot, format: Format) -> String {
    let of = snapshot.functions.len();
    let selection = Selection { functions: (0..of).collect(), of };
    let style = Style { unit: Unit::Byte, ..Style::default() };
    report::render_selection(snapshot, &selection, format, &style)
}

fn text(snapshot: &Snapshot) -> Vec<Shown> {
    let mut header = "";
    let mut shown = Vec::new();
    for line in tables(snapshot, Format::Table).lines() {
        if line.starts_with("Line #") {
            header = line;
        }
        // The line number, right-aligned below its title.
        let is_row = line.get(..6).is_some_and(|number| number.trim().parse::<u32>().is_ok());
        // Figures end where their titles end; a row may begin further left.
        let cell = |title: &str| {
            let end = header.find(title)? + title.len();
            let start = header[..end - title.len()].trim_end().len();
            line.get(start..end)
        };
        shown.extend((is_row && !header.is_empty()).then(|| Shown::of_cells(cell)));
    }
    shown
}

fn markdown(snapshot: &Snapshot) -> Vec<Shown> {
    let mut titles: Vec<String> = Vec::new();
    let mut shown = Vec::new();
    for line in tables(snapshot, Format::Markdown).lines() {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        if line.starts_with("| Line #") {
            titles = cells.iter().map(|cell| (*cell).to_owned()).collect();
        } else if cells.get(1).is_some_and(|number| number.parse::<u32>().is_ok()) {
            let place = |title: &str| titles.iter().position(|it| it == title);
            shown.push(Shown::of_cells(|title| cells.get(place(title)?).copied()));
        }
    }
    shown
}

fn csv(snapshot: &Snapshot) -> Vec<Shown> {
    let text = report::render(snapshot, Format::Csv, &Style::default());
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let titles = reader.headers().unwrap().clone();
    let row = |row: Result<csv::StringRecord, _>| {
        let row = row.unwrap();
        let cell = |title: &str| &row[titles.iter().position(|it| it == title).unwrap()];
        let number = |title: &str| cell(title).parse().ok();
        Shown {
            line: number("line").unwrap(),
            kind: serde_json::from_value(cell("kind").into()).ok(),
            usage: number("usage"),
            increment: number("increment"),
            peak: number("peak"),
            at_peak: number("at_peak"),
            live: number("live"),
            allocations: number("allocations"),
            occurrences: number("occurrences"),
        }
    };
    reader.records().map(row).collect()
}

fn of_value<'a>(field: impl Fn(&str) -> &'a Value) -> Shown {
    let number = |name: &str| field(name).as_i64().map(i128::from);
    Shown {
        line: number("line").unwrap(),
        kind: serde_json::from_value(field("kind").clone()).ok(),
        usage: number("usage"),
        increment: number("increment"),
        peak: number("peak"),
        at_peak: number("at_peak"),
        live: number("live"),
        allocations: number("allocations"),
        occurrences: number("occurrences"),
    }
}

fn rows(data: &Value) -> impl Iterator<Item = &Value> {
    let functions = data["functions"].as_array().unwrap().iter();
    functions.flat_map(|function| function["lines"].as_array().unwrap())
}

fn json(snapshot: &Snapshot) -> Vec<Shown> {
    let text = report::render(snapshot, Format::Json, &Style::default());
    let data: Value = serde_json::from_str(&text).unwrap();
    rows(&data).map(|row| of_value(|name| &row[name])).collect()
}

pub(super) fn page(recording: &Recording) -> Value {
    let page = html::render(recording);
    let start = page.split_once(r#"<script type="application/json" id="data">"#).unwrap().1;
    serde_json::from_str(start.split_once("</script>").unwrap().0).unwrap()
}

fn html(data: &Value) -> Vec<Shown> {
    const NAMES: [&str; 13] = [
        "line",
        "source",
        "pieces",
        "length",
        "usage",
        "increment",
        "peak",
        "at_peak",
        "live",
        "allocated",
        "allocations",
        "occurrences",
        "kind",
    ];
    let place = |name: &str| NAMES.iter().position(|it| *it == name).unwrap();
    rows(data).map(|row| of_value(|name| &row[place(name)])).collect()
}

#[test]
fn every_row_is_in_every_table_with_its_figures() {
    for (program, recording) in recordings() {
        let snapshot = &recording.snapshot;
        let lines = || snapshot.functions.iter().flat_map(|function| &function.lines);
        let expected: Vec<_> = lines().map(Shown::without_kind).collect();
        assert!(!expected.is_empty(), "{program}");
        assert_eq!(text(snapshot), expected, "{program}: text");
        assert_eq!(markdown(snapshot), expected, "{program}: Markdown");
        let expected: Vec<_> = lines().map(Shown::with_kind).collect();
        assert_eq!(csv(snapshot), expected, "{program}: CSV");
        assert_eq!(json(snapshot), expected, "{program}: JSON");
        assert_eq!(html(&page(recording)), expected, "{program}: HTML");
        let text = report::render(snapshot, Format::Json, &Style::default());
        assert_eq!(serde_json::from_str::<Snapshot>(&text).unwrap(), *snapshot, "{program}");
    }
}

/// A row belongs to the body unless it is an entry, which only a first row can be.
fn assert_kinds(program: &str, function: &FunctionSnapshot) {
    let kinds: Vec<_> = function.lines.iter().map(|line| line.kind).collect();
    assert_ne!(kinds[0], RowKind::Body, "{program}: {}", function.name);
    assert!(kinds[1..].iter().all(|kind| *kind == RowKind::Body), "{program}: {}", function.name);
    if kinds[0] == RowKind::Entry {
        let entry = &function.lines[0];
        assert_eq!(entry.usage, function.reading_at_entry, "{program}: {}", function.name);
        assert_eq!(entry.allocated.unwrap_or(0), 0, "{program}: {}", function.name);
    }
}

#[test]
fn the_increments_of_a_function_have_one_sum() {
    for (program, recording) in recordings() {
        let snapshot = &recording.snapshot;
        let nothing = Snapshot { functions: Vec::new(), ..snapshot.clone() };
        let grown = compare::compare(&nothing, snapshot).unwrap();
        let gone = compare::compare(snapshot, &nothing).unwrap();
        let page = page(recording);
        for (index, function) in snapshot.functions.iter().enumerate() {
            let (name, total) = (&function.name, total(function));
            assert_kinds(program, function);
            let figures = Figures::of_function(function);
            assert_eq!(figures.increment.map(i128::from), Some(total), "{program}: {name}");
            assert_eq!(page["functions"][index]["increment"], figures.increment.unwrap());
            let after = |line: &compare::Change| line.figure_after(Measure::Increment);
            let before = |line: &compare::Change| line.figure_before(Measure::Increment);
            let (grown, gone) = (&grown[index], &gone[index]);
            assert_eq!(after(&grown.function), total, "{program}: {name}");
            assert_eq!(grown.lines.iter().map(after).sum::<i128>(), total, "{program}: {name}");
            assert_eq!(before(&gone.function), total, "{program}: {name}");
            assert_eq!(gone.lines.iter().map(before).sum::<i128>(), total, "{program}: {name}");
            assert_eq!(grown.lines.len(), body(function).count(), "{program}: {name}");
        }
        // A ranking leaves out unchanged functions, and counts them.
        let rows = snapshot.functions.iter().flat_map(body);
        let changed = rows.filter(|line| line.increment.unwrap_or(0) != 0).count();
        let ranking = Ranking::of(compare::lines(grown), Measure::Increment, None);
        assert_eq!(ranking.shown.len(), changed, "{program}");
    }
}
