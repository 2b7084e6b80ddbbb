//! The sentences below the title.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use mem_profile_format::report::{Unit, count};

use super::elements::{Options, Process};
use super::rows::Functions;
use crate::timeline::{Peak, Span, Timeline};
use crate::view::words::{end_of, time};

/// Longest name of a function in a sentence, in columns.
const NAME: usize = 48;

/// The sum of all processes, the peak of one, and which part of which run is shown.
pub(super) fn sentences(
    highest: &Process<'_>,
    windows: &[(Timeline, f64)],
    functions: &Functions,
    options: &Options,
) -> Vec<String> {
    let only = if let [(timeline, start)] = windows { Some((timeline, *start)) } else { None };
    let together = only.and_then(|(timeline, start)| together(timeline, start));
    let part = only.and_then(|(timeline, start)| part(timeline, start, options));
    let unseen = highest.unseen_peak();
    let unseen = unseen.map(|bytes| format!("peak {}, between two samples", size(bytes)));
    together.into_iter().chain(unseen).chain([of_peak(highest, functions)]).chain(part).collect()
}

/// `peak 1.5 MiB of make (41) after 200 ms, in parse, the highest sample`
fn of_peak(process: &Process<'_>, functions: &Functions) -> String {
    let Process { name, series, peak, run, .. } = process;
    let mut sentence = self::peak(process);
    if !name.is_empty() {
        sentence += &format!(", of {name}");
    }
    let is_running = |span: &&Span| (span.start.time..=span.end.time).contains(&peak.at.time);
    let running = run.spans.iter().filter(is_running).max_by_key(|span| span.level);
    if let Some(function) = running.filter(|_| !process.is_child) {
        let label = functions.label(&function.function).0;
        if !label.is_empty() {
            sentence += &format!(", in {}", end_of(label, NAME));
        }
    }
    if is_between_samples(process) {
        let samples = series.samples.iter().map(|it| it.bytes).max().unwrap_or(0);
        let samples = size(samples);
        return sentence + &format!(", {}: samples show at most {samples}", peak.words());
    }
    match process.unseen_peak() {
        Some(_) => sentence,
        None => sentence + &format!(", {}", peak.words()),
    }
}

/// Whether no sample shows the peak, in the digits of the picture.
pub(super) fn is_between_samples(process: &Process<'_>) -> bool {
    let highest = process.series.samples.iter().map(|it| it.bytes).max();
    highest.is_some_and(|bytes| size(bytes) != size(process.peak.at.bytes))
}

/// `peak 1.5 MiB after 200 ms`
pub(super) fn peak(process: &Process<'_>) -> String {
    let Process { peak: Peak { at, .. }, start, .. } = process;
    let noun = if process.unseen_peak().is_some() { "highest sample" } else { "peak" };
    format!("{noun} {} after {}", size(at.bytes), time(at.time - start))
}

fn together(timeline: &Timeline, start: f64) -> Option<String> {
    let (sum, processes) = timeline.together().filter(|(_, processes)| *processes > 1)?;
    let (size, after) = (size(sum.bytes), time(sum.time - start));
    Some(format!(
        "{size} in {processes} processes at one time, after {after}; memory that they share may count in each"
    ))
}

fn part(timeline: &Timeline, start: f64, options: &Options) -> Option<String> {
    let begun = Timestamp::from_millisecond((start * 1e3) as i64).ok()?;
    let begun = begun.to_zoned_datetime(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S");
    let samples = count(timeline.memory.samples.len() as u64, "sample");
    Some(match options.window {
        Some((from, to)) => format!("{from} to {to} s of the run of {begun}, {samples}"),
        None => format!("run of {begun}, {samples}"),
    })
}

fn size(bytes: u64) -> String {
    Unit::Auto.format(bytes.into(), 1)
}
