//! Rows below the curves, reduced to what is visible: one for each function, or one for each level of each
//! thread, of which each column shows the function that ran longest in it.

use std::collections::{HashMap, HashSet};

use mem_profile_format::report::{count, printable_line};

use super::elements::{Bar, Row};
use super::palette::Style;
use super::scale::{COLUMNS, Scale};
use crate::timeline::{self, Function, Span, Timeline};
use crate::view::names::short_names;
use crate::view::words::{end_of, time};

/// Largest number of rows of levels: more would be too thin to draw.
const LEVELS: usize = 120;

/// Largest number of functions with a row or an entry.
pub(super) const FUNCTIONS: usize = 12;

/// Longest label, in columns.
const LABEL: usize = 160;

/// The functions of a run, longest running first.
pub(super) struct Functions {
    pub(super) all: Vec<Function>,
    /// The label of each, and its place in `all`.
    labels: HashMap<String, (String, usize)>,
}

impl Functions {
    pub(super) fn new(timeline: &Timeline) -> Self {
        let all = timeline::functions(timeline);
        let short = timeline::labels(all.iter().map(|it| it.name.as_str()));
        let named = short_names(all.iter().map(|it| it.name.as_str()));
        let labelled = all.iter().enumerate().map(|(place, function)| {
            let label = short.get(function.name.as_str()).copied().unwrap_or(&function.name);
            // A part of a type is no name.
            let is_whole = !label.contains(['<', '>']);
            let label = if is_whole { label } else { &named[place] };
            (function.name.clone(), (end_of(&printable_line(label), LABEL), place))
        });
        let labels = labelled.collect();
        Self { all, labels }
    }

    /// The label of a function, and its style among the others.
    pub(super) fn label(&self, function: &str) -> (&str, Style) {
        let known = self.labels.get(function);
        known.map_or(("", Style::Other), |(label, place)| {
            (label, if *place < FUNCTIONS { Style::nth(*place) } else { Style::Other })
        })
    }

    /// How many functions have neither a row nor an entry.
    pub(super) fn more(&self) -> usize {
        self.all.len().saturating_sub(FUNCTIONS)
    }
}

/// `1,000 calls, 1.5 s`, or `1,000 calls, 84 % drawn`: then the time of all is not known.
pub(super) fn often(Function { calls, omitted, seconds, .. }: &Function) -> String {
    match *omitted {
        Some(0) => format!("{}, {}", count(*calls as u64, "call"), time(*seconds)),
        Some(omitted) => {
            let all = calls.saturating_add(usize::try_from(omitted).unwrap_or(usize::MAX));
            let drawn = match (*calls as f64 / all as f64 * 100.0).round() {
                0.0 => "<1".to_owned(),
                percent => percent.to_string(),
            };
            format!("{}, {drawn} % drawn", count(all as u64, "call"))
        }
        None => format!("{} drawn", count(*calls as u64, "call")),
    }
}

/// A row for each of the longest running functions, in order of their first call.
pub(super) fn by_function(
    timeline: &Timeline,
    start: f64,
    scale: &Scale,
    functions: &Functions,
) -> Vec<Row> {
    let mut spans: HashMap<&str, Vec<&Span>> = HashMap::new();
    timeline.spans.iter().for_each(|it| spans.entry(&it.function).or_default().push(it));
    let mut rows = Vec::new();
    for function in functions.all.iter().take(FUNCTIONS) {
        let mut columns = vec![false; COLUMNS];
        for span in spans.remove(function.name.as_str()).unwrap_or_default() {
            let seen = scale.columns(span.start.time - start, span.end.time - start);
            let Some((from, to)) = seen else { continue };
            columns[from as usize..(to.ceil() as usize).min(COLUMNS)].fill(true);
        }
        let mut bars = Vec::new();
        let mut column = 0;
        for same in columns.chunk_by(|one, other| one == other) {
            let (from, to) = (scale.column_start(column), scale.column_start(column + same.len()));
            let bar = Bar { label: String::new(), style: Style::Other, from, to };
            bars.extend(same[0].then_some(bar));
            column += same.len();
        }
        let name = functions.label(&function.name).0.to_owned();
        rows.push(Row { name, note: often(function), bars });
    }
    rows.sort_by(|one, other| first(one).total_cmp(&first(other)));
    rows
}

fn first(row: &Row) -> f64 {
    row.bars.first().map_or(f64::INFINITY, |bar| bar.from)
}

/// A row for each level of each thread, and the number of levels. If there are very many, some share a
/// row.
pub(super) fn by_level(
    timeline: &Timeline,
    start: f64,
    scale: &Scale,
    functions: &Functions,
) -> (Vec<Row>, usize) {
    let mut numbers = HashMap::new();
    let mut spans: Vec<(u32, u32, usize, &Span)> = Vec::new();
    for span in &timeline.spans {
        let next = numbers.len();
        let number = *numbers.entry(span.function.as_str()).or_insert(next);
        spans.push((span.thread, span.level, number, span));
    }
    spans.sort_by_key(|(thread, level, number, _)| (*thread, *level, *number));
    let lanes: Vec<_> = spans.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1)).collect();
    let row_of = |lane: usize| lane * LEVELS.min(lanes.len()) / lanes.len();
    let numbered: Vec<_> =
        lanes.iter().enumerate().map(|(lane, spans)| (row_of(lane), *spans)).collect();
    let threads: HashSet<_> = lanes.iter().map(|lane| lane[0].0).collect();
    let mut named = HashSet::new();
    let mut rows = Vec::new();
    for lanes in numbered.chunk_by(|one, other| one.0 == other.0) {
        let thread = lanes[0].1[0].0;
        let mut longest = Columns::default();
        for (_, lane) in lanes {
            lane.chunk_by(|one, other| one.2 == other.2)
                .for_each(|spans| longest.add(spans, start, scale));
        }
        let bars = longest.joined().into_iter().map(|(function, from, to)| {
            let (label, style) = functions.label(function);
            let (from, to) = (scale.column_start(from), scale.column_start(to));
            Bar { label: label.to_owned(), style, from, to }
        });
        let is_first = threads.len() > 1 && named.insert(thread);
        let name = if is_first { format!("thread {thread}") } else { String::new() };
        rows.push(Row { name, note: String::new(), bars: bars.collect() });
    }
    (rows, lanes.len())
}

/// For each column the function that ran longest, and its share of the column.
struct Columns<'a>(Vec<Option<(&'a str, f64)>>);

impl Default for Columns<'_> {
    fn default() -> Self {
        Self(vec![None; COLUMNS])
    }
}

impl<'a> Columns<'a> {
    /// Adds the spans of one function in one lane.
    fn add(&mut self, spans: &[(u32, u32, usize, &'a Span)], start: f64, scale: &Scale) {
        let Some((.., first)) = spans.first() else { return };
        let shares = Shares::of(spans.iter().map(|(.., span)| *span), start, scale);
        for (column, share) in shares.each() {
            match &mut self.0[column] {
                Some((_, longest)) if *longest > share => {}
                longest => *longest = Some((&first.function, share)),
            }
        }
    }

    /// Joins columns of the same function: the function, and its first and last column.
    fn joined(&self) -> Vec<(&'a str, usize, usize)> {
        let mut joined: Vec<(&str, usize, usize)> = Vec::new();
        for (index, column) in self.0.iter().enumerate() {
            let Some((function, _)) = *column else { continue };
            match joined.last_mut() {
                Some(last) if last.0 == function && last.2 == index => last.2 += 1,
                _ => joined.push((function, index, index + 1)),
            }
        }
        joined
    }
}

/// The share of each column that spans cover together.
struct Shares {
    first: usize,
    /// From `first` on: the part covered by spans that begin or end here, and the change in the number of
    /// spans that cover the whole column.
    columns: Vec<(f64, i64)>,
}

impl Shares {
    fn of<'a>(spans: impl Iterator<Item = &'a Span>, start: f64, scale: &Scale) -> Self {
        let seen = |span: &Span| scale.columns(span.start.time - start, span.end.time - start);
        let ends: Vec<_> = spans.filter_map(seen).collect();
        let first = ends.iter().map(|(from, _)| *from as usize).min().unwrap_or(0);
        let last = ends.iter().map(|(_, to)| to.ceil() as usize).max().unwrap_or(0);
        let mut columns = vec![(0.0, 0); (last + 1).saturating_sub(first)];
        for (from, to) in ends {
            let (start, end) = (from as usize - first, to.ceil() as usize - first - 1);
            if start == end {
                columns[start].0 += to - from;
                continue;
            }
            columns[start].0 += (start + first + 1) as f64 - from;
            columns[end].0 += to - (end + first) as f64;
            columns[start + 1].1 += 1;
            columns[end].1 -= 1;
        }
        Self { first, columns }
    }

    /// The covered columns, with their shares.
    fn each(&self) -> impl Iterator<Item = (usize, f64)> {
        let shares = self.columns.iter().scan(0, |whole, (part, change)| {
            *whole += change;
            Some(*whole as f64 + part)
        });
        (self.first..).zip(shares).filter(|(_, share)| *share > 0.0)
    }
}
