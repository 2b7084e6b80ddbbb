//! Timelines from recordings, which contain the calls of annotated functions.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use mem_profile_format::report::Overview;
use mem_profile_format::{Backend, ProcessPeak, Timeline as Recorded};
use tempfile::TempDir;

use super::model::{Peak, Sample, Series, Source, Span, Timeline};
use crate::input::Input;
use crate::recording::{self, Recording};

/// The recordings of a program that is sampled, for the calls of its annotated functions.
pub(crate) enum ProgramRecordings {
    /// A temporary folder, with a recording for each process.
    Folder(TempDir),
    /// The recording that the user requested.
    File(PathBuf),
}

impl ProgramRecordings {
    /// Also returns the variables that make the program record there.
    ///
    /// The user's own variables stay; `None` if they allow no recording.
    pub(crate) fn new() -> Option<(Self, Vec<(&'static str, PathBuf)>)> {
        let is_set = |name| std::env::var_os(name).is_some();
        let mut set = Vec::new();
        let mut default = |name, value: &str| {
            if !is_set(name) {
                set.push((name, PathBuf::from(value)));
            }
        };
        default("MEM_PROFILE_TIMELINE", "1");
        if let Some(output) = std::env::var_os("MEM_PROFILE_OUTPUT") {
            let path = PathBuf::from(output);
            let is_plain = !path.to_string_lossy().contains('%');
            let is_recording = path.extension().is_some_and(|ending| ending == "mprof");
            return (is_plain && is_recording).then_some((Self::File(path), set));
        }
        // Without an output the program would print a report.
        default("MEM_PROFILE_FORMAT", "table");
        let folder = TempDir::with_prefix("mem-profile-").ok()?;
        set.push(("MEM_PROFILE_OUTPUT", folder.path().join("%p.mprof")));
        Some((Self::Folder(folder), set))
    }

    /// A timeline for each process that recorded.
    pub(crate) fn timelines(&self) -> Vec<Recorded> {
        let files = match self {
            Self::File(path) => vec![path.clone()],
            Self::Folder(folder) => {
                let entries = std::fs::read_dir(folder.path()).into_iter().flatten();
                let mut files: Vec<_> = entries.filter_map(|it| Some(it.ok()?.path())).collect();
                files.sort();
                files
            }
        };
        files.iter().filter_map(|path| recording::load(path).ok()?.snapshot.timeline).collect()
    }
}

/// All calls of several processes. Their memory comes from the samples, so that all figures of a file
/// are of one kind.
pub(crate) fn spans(timelines: &[Recorded], samples: &[Sample]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    // Threads of different processes get different numbers.
    let mut first = 0;
    for recorded in timelines {
        let calls = calls(recorded, samples, first);
        first = calls.iter().map(|span| span.thread.saturating_add(1)).fold(first, u32::max);
        spans.extend(calls);
    }
    spans
}

/// Counts the calls that a recording left out.
pub(crate) fn omit(timeline: &mut Timeline, recorded: &Recorded) {
    for label in recorded.labels.iter().filter(|label| label.omitted > 0) {
        timeline.omit(&label.name, label.omitted);
    }
}

fn calls(recorded: &Recorded, samples: &[Sample], first_thread: u32) -> Vec<Span> {
    let last = samples.last().map_or(f64::INFINITY, |sample| sample.time);
    let spans = recorded.spans.iter().filter_map(|span| {
        let sample =
            |time: f64, bytes| Sample { time, bytes: bytes_at(samples, time).unwrap_or(bytes) };
        let start = seconds(recorded, span.start);
        // Open calls ended with the program.
        let end = span.end.map_or(last.max(start), |end| seconds(recorded, end));
        Some(Span {
            function: recorded.label(span)?.name.clone(),
            start: sample(start, span.bytes_at_start),
            end: sample(end, span.bytes_at_end.unwrap_or(span.bytes_at_start)),
            level: span.level,
            thread: first_thread.saturating_add(span.thread),
        })
    });
    spans.filter(|span| span.end.time.is_finite()).collect()
}

fn seconds(recorded: &Recorded, since: u64) -> f64 {
    (recorded.started as f64 + since as f64) / 1e9
}

/// Interpolates linearly between two samples; outside, the nearest sample applies.
fn bytes_at(samples: &[Sample], time: f64) -> Option<u64> {
    let next = samples.partition_point(|sample| sample.time < time);
    let after = samples.get(next).or(samples.last())?;
    let before = next.checked_sub(1).map_or(after, |index| &samples[index]);
    let length = after.time - before.time;
    let share = if length > 0.0 { ((time - before.time) / length).clamp(0.0, 1.0) } else { 0.0 };
    let (before, after) = (before.bytes as f64, after.bytes as f64);
    Some((before + (after - before) * share).round() as u64)
}

/// The timeline of a recording that was opened at this path, with its own samples.
///
/// # Errors
/// If the recording has none.
pub(crate) fn read(path: &Path, input: Input) -> Result<Timeline> {
    let recording = recording::read(path, input)?;
    recording.warn(path);
    let Recording { snapshot, program, .. } = recording;
    let peak = Overview::of(&snapshot).peak;
    let recorded = snapshot.timeline.with_context(|| {
        format!("{} has no timeline: run the program with MEM_PROFILE_TIMELINE=1", path.display())
    })?;
    let samples = readings(&recorded);
    let source = match snapshot.backend {
        Backend::Rss => Source::System,
        Backend::Heap | Backend::Off => Source::Program,
    };
    let mark = peak.and_then(|peak| mark(&recorded, &samples, peak));
    let mark = mark.map(|at| Peak { at, source });
    let memory = Series { samples, mark };
    let is_unseen =
        |bytes: &u64| mark.is_none() && memory.samples.iter().all(|it| it.bytes < *bytes);
    let unseen_peak = peak.map(|peak| peak.bytes).filter(is_unseen);
    let spans = calls(&recorded, &memory.samples, 0);
    let mut timeline =
        Timeline { command: program, memory, unseen_peak, spans, ..Timeline::default() };
    omit(&mut timeline, &recorded);
    Ok(timeline)
}

/// The peak of the process, at the highest reading if that shows it, else where it ended; `None` if
/// neither is known.
fn mark(recorded: &Recorded, readings: &[Sample], peak: ProcessPeak) -> Option<Sample> {
    let highest = readings.iter().rev().max_by_key(|it| it.bytes);
    // Nearly all of it is all of it in a picture.
    let shown = highest.filter(|it| it.bytes >= peak.bytes - peak.bytes / 1024).map(|it| it.time);
    let last = readings.last()?.time;
    // Its clock is a coarse one.
    let time = shown.or(peak.time().map(|after| seconds(recorded, after).min(last)))?;
    Some(Sample { time, bytes: peak.bytes })
}

/// The samples of a recording, and what it read where calls begin and end, in order of time.
fn readings(recorded: &Recorded) -> Vec<Sample> {
    let of_calls = recorded.spans.iter().flat_map(|span| {
        let end = span.end.zip(span.bytes_at_end);
        [Some((span.start, span.bytes_at_start)), end]
    });
    let samples = recorded.samples.iter().map(|it| (it.time, it.bytes));
    let all = samples.chain(of_calls.flatten());
    let mut readings: Vec<_> =
        all.map(|(time, bytes)| Sample { time: seconds(recorded, time), bytes }).collect();
    readings.sort_by(|one, other| one.time.total_cmp(&other.time));
    readings
}

#[cfg(test)]
mod tests {
    use mem_profile_format::{Label, Reading, Span as Call};

    use super::*;

    #[test]
    fn memory_between_samples_is_on_the_line() {
        let sample = |time, bytes| Sample { time, bytes };
        let samples = [sample(1.0, 100), sample(3.0, 300), sample(3.0, 400)];
        let times = [0.0, 1.0, 1.5, 2.999, 3.0, 9.0];
        let expected = [100, 100, 150, 300, 300, 400].map(Some);
        assert_eq!(times.map(|time| bytes_at(&samples, time)), expected);
        assert_eq!(bytes_at(&[], 1.0), None);
    }

    #[test]
    fn memory_is_read_where_calls_begin_and_end_too() {
        let call = |start, end, bytes_at_end| Call {
            start,
            end,
            bytes_at_start: 7,
            bytes_at_end,
            ..Call::default()
        };
        let reading = |time, bytes| Reading { time, bytes, resident: None };
        let recorded = Recorded {
            samples: vec![reading(0, 1), reading(4_000_000_000, 2)],
            spans: vec![
                call(1_000_000_000, Some(3_000_000_000), Some(90)),
                call(2_000_000_000, None, None),
            ],
            ..Recorded::default()
        };
        let found: Vec<_> = readings(&recorded).iter().map(|it| (it.time, it.bytes)).collect();
        assert_eq!(found, [(0.0, 1), (1.0, 7), (2.0, 7), (3.0, 90), (4.0, 2)]);
    }

    #[test]
    fn calls_that_were_left_out_are_counted_in_all_processes() {
        let label = |name: &str, omitted| Label { name: name.into(), omitted, is_block: false };
        let labels = vec![label("app::load", 7), label("app::main", 0)];
        let recorded = Recorded { labels, ..Recorded::default() };
        let mut timeline = Timeline::default();
        omit(&mut timeline, &recorded);
        omit(&mut timeline, &recorded);
        let omitted: Vec<_> = timeline.omitted.iter().map(|(name, it)| (&**name, *it)).collect();
        assert_eq!(omitted, [("app::load", Some(14))]);
    }

    #[test]
    fn the_peak_is_the_one_that_the_program_counted() {
        let recorded = Recorded { started: 2_000_000_000, ..Recorded::default() };
        let readings = [(2.0, 10_000), (3.0, 90_000), (4.0, 90_000), (5.0, 20_000)];
        let readings = readings.map(|(time, bytes)| Sample { time, bytes });
        let found = |bytes, after| {
            let mark = mark(&recorded, &readings, ProcessPeak { bytes, after, uncertainty: 0 });
            let mark = mark.map(|at| Peak { at, source: Source::Program });
            let series = Series { samples: readings.to_vec(), mark };
            let peak = series.peak().unwrap();
            (peak.at.time, peak.at.bytes, peak.source)
        };
        assert_eq!(found(90_000, Some(2_100_000_000)), (3.0, 90_000, Source::Program));
        assert_eq!(found(90_087, None), (3.0, 90_087, Source::Program), "all but a thousandth");
        assert_eq!(found(95_000, Some(2_100_000_000)), (4.1, 95_000, Source::Program));
        assert_eq!(found(95_000, Some(9_100_000_000)), (5.0, 95_000, Source::Program));
        assert_eq!(found(95_000, Some(9_999_999)), (3.0, 90_000, Source::Samples));
        assert_eq!(found(95_000, None), (3.0, 90_000, Source::Samples));
    }

    #[test]
    fn calls_have_the_times_of_the_clock_and_the_memory_of_the_samples() {
        let call = |start, end: Option<u64>, level, thread| Call {
            start,
            end,
            level,
            thread,
            bytes_at_start: 7,
            bytes_at_end: Some(8),
            ..Call::default()
        };
        let label = Label { name: "app::load".into(), ..Label::default() };
        let recorded = Recorded {
            started: 2_000_000_000,
            spans: vec![call(0, Some(1_000_000_000), 0, 3), call(500_000_000, None, 1, 0)],
            labels: vec![label],
            ..Recorded::default()
        };
        let sample = |time, bytes| Sample { time, bytes };
        let span = |start, end, level, thread| Span {
            function: "app::load".into(),
            start,
            end,
            level,
            thread,
        };
        let samples = [sample(2.0, 100), sample(4.0, 300)];
        let expected = [
            span(sample(2.0, 100), sample(3.0, 200), 0, 5),
            span(sample(2.5, 150), sample(4.0, 300), 1, 2),
        ];
        assert_eq!(calls(&recorded, &samples, 2), expected);
        let own = span(sample(2.0, 7), sample(3.0, 8), 0, 3);
        assert_eq!(calls(&recorded, &[], 0), [own], "what has no end is left out");
    }
}
