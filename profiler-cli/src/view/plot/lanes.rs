//! Reduces calls to what is visible. Each thread has a lane for each level, each lane is a row as long as
//! there are enough, and each column of a row shows the function that ran longest in it.

use std::collections::HashMap;

use super::elements::Shade;
use super::paint::Paint;
use super::scale::{COLUMNS, Scale};
use crate::timeline::{Span, Timeline};

/// Largest number of rows: more would be too thin to draw.
pub(super) const ROWS: usize = 120;

/// The visible part of all lanes, by thread and level, and the number of lanes.
pub(super) fn shades(timeline: &Timeline, scale: &Scale, paint: &Paint) -> (Vec<Shade>, usize) {
    let mut numbers = HashMap::new();
    let mut spans: Vec<(u32, u32, usize, &Span)> = Vec::new();
    for span in &timeline.spans {
        let next = numbers.len();
        let number = *numbers.entry(span.function.as_str()).or_insert(next);
        spans.push((span.thread, span.level, number, span));
    }
    spans.sort_by_key(|(thread, level, number, _)| (*thread, *level, *number));
    let lanes: Vec<_> = spans.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1)).collect();
    // If there are more lanes than rows, some share a row.
    let row_of = |lane: usize| lane * ROWS.min(lanes.len()) / lanes.len();
    let numbered: Vec<_> =
        lanes.iter().enumerate().map(|(lane, spans)| (row_of(lane), *spans)).collect();
    let mut shades = Vec::new();
    for lanes in numbered.chunk_by(|one, other| one.0 == other.0) {
        let (row, thread) = (lanes[0].0, lanes[0].1[0].0);
        let mut longest = Row::default();
        for (_, lane) in lanes {
            lane.chunk_by(|one, other| one.2 == other.2)
                .for_each(|spans| longest.add(spans, scale));
        }
        shades.extend(longest.joined().into_iter().map(|(function, from, to)| {
            let (color, label) = paint.of(function);
            let (from, to) = (scale.column_start(from), scale.column_start(to));
            Shade { label: label.to_owned(), color, from, to, thread, row }
        }));
    }
    let count = lanes.len();
    (shades, count)
}

/// For each column the function that ran longest, and its share of the column.
struct Row<'a>(Vec<Option<(&'a str, f64)>>);

impl Default for Row<'_> {
    fn default() -> Self {
        Self(vec![None; COLUMNS])
    }
}

impl<'a> Row<'a> {
    /// Adds the spans of one function in one lane.
    fn add(&mut self, spans: &[(u32, u32, usize, &'a Span)], scale: &Scale) {
        let Some((.., first)) = spans.first() else { return };
        let shares = Shares::of(spans.iter().map(|(.., span)| *span), scale);
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
    fn of<'a>(spans: impl Iterator<Item = &'a Span>, scale: &Scale) -> Self {
        let ends: Vec<_> = spans.filter_map(|span| visible(span, scale)).collect();
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

/// The columns that a span covers within the window.
fn visible(span: &Span, scale: &Scale) -> Option<(f64, f64)> {
    let (from, to) = (scale.column_of(span.start.time), scale.column_of(span.end.time));
    // A call without a measurable length is shown too.
    let (from, to) = (from.max(0.0), to.max(from + 1e-6).min(COLUMNS as f64));
    (from < to).then_some((from, to))
}
