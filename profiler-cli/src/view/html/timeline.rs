//! The data of the chart over time, reduced to what is visible.

use std::collections::{BTreeMap, HashSet};

use mem_profile_format::report::printable;
use mem_profile_format::{
    Division, FunctionSnapshot, ProcessPeak, Reading, ResidentSet, Span, Timeline,
};
use serde::Serialize;

use crate::view::names::short_names;

/// Number of visible moments.
const COLUMNS: u64 = 2000;

/// A chart. Times in nanoseconds since the timeline began, sizes in bytes.
#[derive(Serialize)]
pub(super) struct Chart {
    duration: u64,
    interval: u64,
    /// Length of a column.
    column: u64,
    /// Number of readings.
    readings: usize,
    /// `[time, bytes]`: the lowest and the highest reading of each column.
    points: Vec<(u64, u64)>,
    peak: Option<Peak>,
    rows: Vec<Row>,
    /// The resident set by its parts, if it was recorded.
    stack: Vec<Moment>,
}

/// `[time, live, profiler, files, rest, untouched]`, as in [`Division`]
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Moment(u64, u64, u64, u64, u64, u64);

#[derive(Serialize)]
struct Peak {
    time: u64,
    bytes: u64,
    /// The rows of the open calls, outermost first.
    rows: Vec<u32>,
}

/// All calls of a function, or all blocks of a name.
#[derive(Serialize)]
struct Row {
    name: String,
    /// Its short name.
    label: String,
    is_block: bool,
    /// Its index among the functions.
    function: Option<usize>,
    calls: u64,
    omitted: u64,
    /// Whether a call had not ended.
    is_open: bool,
    /// `[start, end]`; calls that touch in the chart are one.
    spans: Vec<(u64, u64)>,
}

impl Chart {
    /// The peak that the program counted is a point like the readings, if its time is known.
    pub(super) fn new(
        timeline: &Timeline,
        functions: &[FunctionSnapshot],
        counted: Option<ProcessPeak>,
    ) -> Self {
        let mut readings = readings(timeline);
        let count = readings.len();
        let last = readings.last().map_or(0, |reading| reading.time);
        if let Some(peak) = counted.and_then(|peak| unseen(&readings, peak, last)) {
            let at = readings.partition_point(|reading| reading.time <= peak.time);
            readings.insert(at, peak);
        }
        let last = readings.last().map_or(0, |reading| reading.time);
        let width = (last / COLUMNS).max(1);
        let indices = functions.iter().enumerate();
        let indices = indices.map(|(at, function)| (function.name.as_str(), at)).collect();
        Self {
            duration: last,
            interval: timeline.interval,
            column: width,
            readings: count,
            points: points(&readings, width),
            peak: peak(&readings, timeline),
            rows: rows(timeline, &indices, (last, width)),
            stack: stack(timeline, width),
        }
    }
}

/// Samples, and the memory in use at the start and end of spans.
fn readings(timeline: &Timeline) -> Vec<Reading> {
    let of_span = |span: &Span| {
        let end = span.end.zip(span.bytes_at_end).map(|(time, bytes)| reading(time, bytes));
        [Some(reading(span.start, span.bytes_at_start)), end]
    };
    let of_spans = timeline.spans.iter().flat_map(of_span).flatten();
    let mut readings: Vec<_> = timeline.samples.iter().copied().chain(of_spans).collect();
    readings.sort_by_key(|reading| reading.time);
    readings
}

const fn reading(time: u64, bytes: u64) -> Reading {
    Reading { time, bytes, resident: None }
}

/// The peak, unless a reading shows nearly all of it.
fn unseen(readings: &[Reading], peak: ProcessPeak, last: u64) -> Option<Reading> {
    let highest = readings.iter().map(|reading| reading.bytes).max()?;
    let time = peak.time()?.min(last);
    let is_seen = highest >= peak.bytes - peak.bytes / 1024;
    (!is_seen).then_some(reading(time, peak.bytes))
}

/// The lowest and the highest reading of each column, in their order.
fn points(readings: &[Reading], width: u64) -> Vec<(u64, u64)> {
    let mut points = Vec::new();
    for column in readings.chunk_by(|a, b| a.time / width == b.time / width) {
        let lowest = column.iter().min_by_key(|reading| reading.bytes);
        let highest = column.iter().max_by_key(|reading| reading.bytes);
        let mut both: Vec<_> =
            lowest.into_iter().chain(highest).map(|at| (at.time, at.bytes)).collect();
        both.sort_unstable();
        both.dedup();
        points.extend(both);
    }
    points
}

/// The sample with the largest resident set of each column.
fn stack(timeline: &Timeline, width: u64) -> Vec<Moment> {
    let samples = timeline.samples.iter();
    let all: Vec<_> = samples.filter_map(|it| Some((it.time, it.bytes, it.resident?))).collect();
    let columns = all.chunk_by(|one, other| one.0 / width == other.0 / width);
    let largest = columns.filter_map(|column| column.iter().max_by_key(|(.., set)| set.bytes));
    let moment = |&(time, live, set): &(u64, u64, ResidentSet)| {
        let Division { live, profiler, files, rest, untouched, .. } = set.divided(live);
        Moment(time, live, profiler, files, rest, untouched)
    };
    largest.map(moment).collect()
}

/// The first of the highest readings, and the open calls at that time.
fn peak(readings: &[Reading], timeline: &Timeline) -> Option<Peak> {
    let &Reading { time, bytes, .. } = readings.iter().rev().max_by_key(|reading| reading.bytes)?;
    let is_there = |span: &&Span| span.start <= time && span.end.is_none_or(|end| end >= time);
    let mut open: Vec<_> = timeline.spans.iter().filter(is_there).collect();
    open.sort_by_key(|span| (span.level, span.start));
    let mut seen = HashSet::new();
    let rows = open.iter().map(|span| span.label).filter(|label| seen.insert(*label));
    Some(Peak { time, bytes, rows: rows.collect() })
}

/// One row per label, in their order. `(last, width)` are the end of the chart and the width of a column.
fn rows(
    timeline: &Timeline,
    functions: &BTreeMap<&str, usize>,
    (last, width): (u64, u64),
) -> Vec<Row> {
    let short = short_names(timeline.labels.iter().map(|label| label.name.as_str()));
    let labels = timeline.labels.iter().zip(short).map(|(label, short)| Row {
        name: printable(&label.name),
        label: printable(if label.is_block { &label.name } else { &short }),
        is_block: label.is_block,
        function: functions.get(label.name.as_str()).copied().filter(|_| !label.is_block),
        calls: label.omitted,
        omitted: label.omitted,
        is_open: false,
        spans: Vec::new(),
    });
    let mut rows: Vec<_> = labels.collect();
    for span in &timeline.spans {
        let Some(row) = rows.get_mut(span.label as usize) else { continue };
        let end = span.end.unwrap_or(last).max(span.start);
        row.calls = row.calls.saturating_add(1);
        row.is_open |= span.end.is_none();
        match row.spans.last_mut() {
            Some(last) if span.start <= last.1.saturating_add(width) => last.1 = last.1.max(end),
            _ => row.spans.push((span.start, end)),
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_chart_is_reduced_to_what_is_visible() {
        let timeline = sample::timeline();
        let snapshot = sample::leak();
        let chart = Chart::new(&timeline, &snapshot.functions, None);
        assert_eq!((chart.duration, chart.interval, chart.readings), (91_000_000, 10_000_000, 615));
        assert_eq!(chart.column, 45_500);
        let peak = chart.peak.unwrap();
        assert_eq!((peak.time, peak.bytes, peak.rows), (90_000_001, 9 << 20, vec![0, 1]));
        let row = |at: usize| &chart.rows[at];
        assert_eq!((row(0).function, &row(0).spans[..]), (Some(0), &[(1_000_000, 91_000_000)][..]));
        // An open call.
        assert_eq!((row(1).function, row(1).is_open), (None, true));
        assert_eq!(row(1).spans, [(2_000_000, 91_000_000)]);
        assert_eq!((row(2).calls, row(2).omitted, row(2).is_open), (400, 99, false));
        // Calls without visible space between them are one.
        assert_eq!(row(2).spans, [(10_000_000, 13_000_000), (85_000_000, 86_000_000)]);
    }

    #[test]
    fn the_peak_that_was_counted_is_on_the_curve() {
        let timeline = sample::timeline();
        let chart = |bytes, after| {
            let peak = ProcessPeak { bytes, after, uncertainty: 0 };
            let chart = Chart::new(&timeline, &[], Some(peak));
            let peak = chart.peak.unwrap();
            (peak.time, peak.bytes, chart.readings)
        };
        assert_eq!(chart(70 << 20, Some(12_000_000)), (12_000_000, 70 << 20, 615));
        assert_eq!(chart(70 << 20, Some(99_000_000)), (91_000_000, 70 << 20, 615));
        // A reading has a finer clock.
        assert_eq!(chart((9 << 20) + 9, Some(12_000_000)), (90_000_001, 9 << 20, 615));
        assert_eq!(chart(70 << 20, Some(9_999_999)), (90_000_001, 9 << 20, 615));
        assert_eq!(chart(70 << 20, None), (90_000_001, 9 << 20, 615));
    }

    #[test]
    fn a_million_readings_become_as_many_as_there_are_columns() {
        let reading = |time| reading(time, if time == 777_777 { 9 } else { time % 3 });
        let readings: Vec<_> = (0..1_000_000).map(reading).collect();
        let points = points(&readings, 1_000_000 / COLUMNS);
        assert_eq!(points.len() as u64, 2 * COLUMNS);
        assert!(points.contains(&(777_777, 9)) && points.is_sorted());
    }

    #[test]
    fn a_stack_has_the_largest_resident_set_of_each_column() {
        let reading = |time, bytes, set: u64| Reading {
            time,
            bytes,
            resident: (set > 0).then_some(ResidentSet { bytes: set, files: 20, profiler: 5 }),
        };
        let samples = vec![
            reading(1, 40, 100),
            reading(90, 90, 110),
            reading(200, 1, 0),
            reading(310, 7, 50),
        ];
        let timeline = Timeline { samples, ..Timeline::default() };
        let expected = [Moment(90, 85, 5, 20, 0, 5), Moment(310, 7, 5, 20, 18, 0)];
        assert_eq!(stack(&timeline, 100), expected);
        assert_eq!(stack(&sample::timeline(), 100), []);
    }
}
