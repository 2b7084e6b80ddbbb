//! The sentences below the title.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use mem_profile_format::report::Unit;

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
    together.into_iter().chain([of_peak(highest, functions)]).chain(part).collect()
}

/// `peak 1.5 MiB of make (41) after 200 ms, in parse, the highest sample`
fn of_peak(process: &Process<'_>, functions: &Functions) -> String {
    let Process { name, series, peak, run, start, .. } = process;
    let mut sentence = self::peak(*peak, *start);
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
        return sentence + &format!(", as reported by the system: samples show at most {samples}");
    }
    sentence + if peak.is_mark { ", as reported by the system" } else { ", the highest sample" }
}

/// Whether the system reported a peak that no sample shows.
pub(super) fn is_between_samples(process: &Process<'_>) -> bool {
    let peak = process.peak;
    peak.is_mark && process.series.samples.iter().all(|it| it.bytes < peak.at.bytes)
}

/// `peak 1.5 MiB after 200 ms`
pub(super) fn peak(peak: Peak, start: f64) -> String {
    format!("peak {} after {}", size(peak.at.bytes), time(peak.at.time - start))
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
    let samples = timeline.memory.samples.len();
    let noun = if samples == 1 { "sample" } else { "samples" };
    Some(match options.window {
        Some((from, to)) => format!("{from} to {to} s of the run of {begun}, {samples} {noun}"),
        None => format!("run of {begun}, {samples} {noun}"),
    })
}

fn size(bytes: u64) -> String {
    Unit::Auto.format(bytes.into(), 1)
}
