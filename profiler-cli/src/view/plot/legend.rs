//! The legend of a plot.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use mem_profile_format::report::{self, Unit};

use super::elements::{Curve, Entry, Mark, Run, Sign};
use super::lanes;
use super::paint::{Paint, cut};
use crate::timeline::{Function, Timeline};

/// Largest number of functions that fit.
const FUNCTIONS: usize = 16;
const CURVES: usize = 8;

pub(super) fn entries(
    curves: &[Curve],
    peak: &Mark,
    functions: &[Function],
    paint: &Paint,
) -> Vec<Entry> {
    let entry = |sign, text: &str| Entry { sign, text: text.to_owned() };
    let mut entries = Vec::new();
    for curve in curves.iter().take(CURVES) {
        entries.push(entry(Sign::Curve(curve.color), &curve.name));
        if let Some(trend) = &curve.trend {
            entries.push(entry(Sign::Trend(curve.color), &slope(trend.slope)));
        }
    }
    rest(&mut entries, curves.len().saturating_sub(CURVES), "curves");
    entries.push(entry(Sign::Peak, &peak.label));
    entries.extend(peak.explanation.iter().map(|line| entry(Sign::Nothing, line)));
    for function in functions.iter().take(FUNCTIONS) {
        let (color, label) = paint.of(&function.name);
        entries.push(entry(Sign::Shade(color), &calls(function, label)));
    }
    rest(&mut entries, functions.len().saturating_sub(FUNCTIONS), "functions");
    entries
}

/// The note on lanes that share a row.
pub(super) fn lanes(count: usize) -> Option<Entry> {
    let text = format!("{count} threads and levels in {} rows", lanes::ROWS);
    (count > lanes::ROWS).then_some(Entry { sign: Sign::Nothing, text })
}

fn rest(entries: &mut Vec<Entry>, count: usize, what: &str) {
    if count > 0 {
        entries.push(Entry { sign: Sign::Nothing, text: format!("and {count} more {what}") });
    }
}

/// `slope +1,234 B/s (+1.2 KiB/s)`
fn slope(slope: f64) -> String {
    let rounded = slope.round() as i64;
    let sign = if rounded > 0 { "+" } else { "" };
    let size = Unit::Auto.format(rounded.into(), 1);
    let bytes = format!("slope {sign}{rounded} B/s");
    if size.ends_with(" B") { bytes } else { format!("{bytes} ({sign}{size}/s)") }
}

fn calls(function: &Function, label: &str) -> String {
    let label = cut(label, 24);
    let Function { calls, seconds, .. } = function;
    let calls = if *calls == 1 { String::new() } else { format!(" ×{calls}") };
    format!("{label}{calls}, {seconds:.2} s")
}

/// The name of a run: its start time, or its file if there are several runs.
pub(super) fn run_name(timeline: &Timeline, run: &Run, count: usize) -> String {
    if count > 1 {
        return cut(&report::printable_line(&run.name), 34);
    }
    let begun =
        timeline.start().and_then(|start| Timestamp::from_millisecond((start * 1e3) as i64).ok());
    let begun = begun.map(|it| it.to_zoned_datetime(TimeZone::system()));
    begun.map_or_else(String::new, |it| it.strftime("%Y-%m-%d, from %H:%M:%S").to_string())
}
