//! What the last run died of.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::mark::{Mark, Occasion, Source};
use super::names::{self, Named};
use super::run::{self, Run};
use crate::line::Line;
use crate::process::{events_of, inode};
use crate::sample::Sample;

/// Where the recording of the run before is kept.
pub(super) const BEFORE: &str = "before";
const NO_LINES: &str = "no line is known: MEM_PROFILE_TRACE=sample names lines, or MEM_PROFILE_LIVE=on those of measured functions";
const GROUP_GONE: &str = "its control group is gone, or cannot be seen from here";
const NOBODY_KNOWS: &str = "so nobody knows whether it was ended for lack of memory";
/// For so long no other mark takes the place of that of a failed allocation: two samples, since the mark has the time of
/// the one before.
const FAILURE: Duration = Duration::from_secs(2);
/// More files of marks are never written.
const MOST_MARKS: u32 = 16;
/// Bytes of the largest file that is read: far more than any has.
const LARGEST: u64 = 16 << 20;

/// How a run has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum End {
    /// Its recorder was dropped, or it has ended itself by `exit`.
    Well,
    /// It goes on.
    StillRuns,
    /// It was ended without warning, and the count of processes ended for lack of memory in its control group is
    /// higher by so many.
    OutOfMemory(u64),
    /// The system was started again.
    Restarted,
    /// It was ended without warning, by a signal or by itself, and not for lack of memory in its control group.
    Unclear,
    /// It was ended without warning, and nobody knows by whom: its control group cannot be asked.
    Unknown,
}

/// What is known of a run by its recording.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LastRun {
    /// Its number.
    pub process: u32,
    /// The path of the program.
    pub program: String,
    /// When it began: the time since 1970.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::seconds::serialize"))]
    pub began: Duration,
    /// How it has ended.
    pub end: End,
    /// Samples of its last minutes, the latest last.
    pub curve: Vec<Sample>,
    /// The figures when the last mark was written.
    pub mark: Option<Sample>,
    /// What that was written for.
    pub occasion: Option<Occasion>,
    /// The size of the block for which there was no memory then, in bytes.
    pub failed: Option<u64>,
    /// The line that asked for that block.
    pub failed_line: Option<Line>,
    /// What each line held then, the largest first.
    pub lines: Vec<Line>,
    /// Bytes of live blocks then, on all stacks.
    pub held: u64,
    /// Where figures are incomplete, and why.
    pub notes: Vec<String>,
}

/// Reads the recording of the last run in a folder. While a process records there, that is the run before.
///
/// # Errors
/// When there is none, or it is damaged (`InvalidData`).
pub fn last_run(folder: &Path) -> io::Result<LastRun> {
    let last = read(folder);
    let runs = last.as_ref().is_ok_and(|last| last.end == End::StillRuns);
    if runs && let Ok(before) = read(&folder.join(BEFORE)) {
        return Ok(before);
    }
    last
}

/// The content of a file. What is there may have come from elsewhere, and a pipe or a device might have no end.
pub(super) fn content(path: &Path) -> io::Result<Vec<u8>> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return Err(invalid("it is no recording of a flight recorder"));
    }
    fs::read(path)
}

fn invalid(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

fn read(folder: &Path) -> io::Result<LastRun> {
    let file = content(&folder.join(run::FILE))?;
    let run = Run::read(&file).map_err(invalid)?;
    let mut notes = Vec::new();
    let end = end_of(&run, &file, &mut notes);
    let marks = (0..run.marks.min(MOST_MARKS)).filter_map(|number| {
        let file = content(&folder.join(format!("mark-{number}.mflight"))).ok()?;
        Mark::read(&file).filter(|mark| mark.run == run.began)
    });
    let mark = marks.max_by_key(|mark| (importance(mark), mark.number));
    let named = match &mark {
        Some(mark) => {
            let mut named = names::name(mark, &run.program);
            notes.append(&mut named.notes);
            notes.extend(gaps(mark));
            named
        }
        None => {
            notes.push("no mark is whole".to_owned());
            Named::default()
        }
    };
    let curve = run.curve(&file).into_iter().map(|moment| moment.sample).collect();
    Ok(LastRun {
        process: run.identity.process,
        program: run.program,
        began: Duration::from_nanos(run.began),
        end,
        curve,
        mark: mark.as_ref().map(|mark| mark.moment.sample),
        occasion: mark.as_ref().map(|mark| mark.occasion),
        failed: mark.as_ref().map(|mark| mark.asked).filter(|&bytes| bytes > 0),
        failed_line: named.asker,
        lines: named.lines,
        held: mark.map_or(0, |mark| mark.sums.bytes),
        notes,
    })
}

/// The later mark says more, but a failed allocation says most: memory has grown just before, so a mark about that may
/// follow while the program ends.
fn importance(mark: &Mark) -> Duration {
    let more = if mark.occasion == Occasion::Failure { FAILURE } else { Duration::ZERO };
    mark.moment.sample.at + more
}

/// What the figures of lines leave out.
fn gaps(mark: &Mark) -> Vec<String> {
    let mut gaps = Vec::new();
    let left_out = mark.sums.count.saturating_sub(mark.sums.written);
    let holders = match mark.sums.source {
        Source::Nobody => {
            gaps.push(NO_LINES.to_owned());
            "holders"
        }
        Source::Tracer => "stacks",
        Source::Lines => "lines",
    };
    if left_out > 0 {
        gaps.push(format!("the smallest {left_out} {holders} are in the sum alone"));
    }
    if mark.sums.mean_bytes > 0 {
        gaps.push("bytes of lines are estimated from a sample".to_owned());
    }
    gaps
}

/// How often the system has ended a process of the group since the last sample, which the run has outlived: those that
/// were ended before are others. `None` where nobody knows.
fn kills(run: &Run, file: &[u8]) -> Option<u64> {
    let is_same = run.group != 0 && inode(&run.group_folder) == run.group;
    let now = if is_same { events_of(&run.group_folder)? } else { return None };
    let last = run.curve(file).last().and_then(|moment| moment.sample.group);
    let before = last.map_or(0, |group| group.events.oom_kill).max(run.events.oom_kill);
    Some(now.oom_kill.saturating_sub(before))
}

/// The same of the group around, which counts others too. It stays where a service has a new group for each run.
fn kills_around(run: &Run, file: &[u8]) -> Option<u64> {
    let folder = run.group_folder.parent()?;
    let is_same = run.around != 0 && inode(folder) == run.around;
    let now = if is_same { events_of(folder)?.oom_kill } else { return None };
    now.checked_sub(run.curve(file).last()?.sample.group?.oom_kill_around?)
}

fn gone(run: &Run, around: Option<u64>) -> String {
    match (run.group_folder.parent(), around) {
        (Some(folder), Some(count)) => {
            let folder = folder.display();
            format!("{GROUP_GONE}; oom_kill of {folder} rose by {count}, where others count, too")
        }
        _ => format!("{GROUP_GONE}, {NOBODY_KNOWS}"),
    }
}

fn end_of(run: &Run, file: &[u8], notes: &mut Vec<String>) -> End {
    if run.ended(file).is_some() {
        return End::Well;
    }
    match run.identity.is_running() {
        Some(true) => return End::StillRuns,
        None => notes.push("it ran in another container: it may still run".to_owned()),
        Some(false) if run.identity.is_of_earlier_boot() => return End::Restarted,
        Some(false) => {}
    }
    match kills(run, file) {
        Some(0) => End::Unclear,
        Some(count) => End::OutOfMemory(count),
        None if run.group == 0 => End::Unknown,
        None => match kills_around(run, file) {
            Some(0) => End::Unclear,
            around => {
                notes.push(gone(run, around));
                End::Unknown
            }
        },
    }
}
