//! What the last run died of.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::mark::{Mark, Occasion, Source};
use super::names;
use super::run::{self, Run};
use crate::line::Line;
use crate::process::{events_of, inode};
use crate::sample::Sample;

/// Where the recording of the run before is kept.
const BEFORE: &str = "before";
/// More files of marks are never written.
const MOST_MARKS: u32 = 16;

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
    /// It was ended without warning, and nobody knows by whom.
    Unclear,
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

fn read(folder: &Path) -> io::Result<LastRun> {
    let file = fs::read(folder.join(run::FILE))?;
    let invalid = |reason| io::Error::new(io::ErrorKind::InvalidData, reason);
    let run = Run::read(&file).map_err(invalid)?;
    let mut notes = Vec::new();
    let end = end_of(&run, &file, &mut notes);
    let marks = (0..run.marks.min(MOST_MARKS)).filter_map(|number| {
        let file = fs::read(folder.join(format!("mark-{number}.mflight"))).ok()?;
        Mark::read(&file).filter(|mark| mark.run == run.began)
    });
    let mark = marks.max_by_key(|mark| mark.number);
    let lines = match &mark {
        Some(mark) if mark.sums.source == Source::Tracer => {
            let (lines, missing) = names::lines(mark, &run.program);
            notes.extend(missing);
            let left_out = mark.sums.count.saturating_sub(mark.sums.written);
            if left_out > 0 {
                notes.push(format!("the smallest {left_out} stacks are in the sum alone"));
            }
            if mark.sums.mean_bytes > 0 {
                notes.push("bytes of lines are estimated from a sample".to_owned());
            }
            lines
        }
        Some(_) => {
            notes.push("the tracer did not run, so no line is known".to_owned());
            Vec::new()
        }
        None => {
            notes.push("no mark is whole".to_owned());
            Vec::new()
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
        lines,
        held: mark.map_or(0, |mark| mark.sums.bytes),
        notes,
    })
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
    let is_same = run.group != 0 && inode(&run.group_folder) == run.group;
    let last = run.curve(file).last().and_then(|moment| moment.sample.group);
    let events = if is_same { events_of(&run.group_folder) } else { None };
    if events.is_none() && run.group != 0 {
        notes.push("its control group is gone, so nobody knows what was ended in it".to_owned());
    }
    let events = events.or(last.map(|group| group.events)).unwrap_or(run.events);
    match events.oom_kill.saturating_sub(run.events.oom_kill) {
        0 => End::Unclear,
        count => End::OutOfMemory(count),
    }
}
