//! The memory of the whole process as plain data: at its peak, by the lines that held it, and at the end.

use std::cmp::Reverse;

use super::share::{self, MOST};
use crate::snapshot::{Backend, CallPaths, Held, OwnLine, ProcessPeak, Snapshot};

/// The memory of the whole process, of which every report for people tells first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// The process at its peak; `None` where that is not known.
    pub peak: Option<ProcessPeak>,
    /// Bytes in use at the end.
    pub live: Option<u64>,
    /// Highest resident set.
    pub resident_peak: Option<u64>,
    /// The lines that held the peak; `None` unless live blocks were recorded.
    pub held: Option<HeldByLine>,
}

/// One figure of the process's memory by the lines that hold it. The parts add up to [`Self::total`], which at the
/// peak is [`Overview::peak`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldByLine {
    /// All bytes.
    pub total: u64,
    /// The lines that hold most, the first of them the most: as many as hold 95 % of the total, at most ten.
    pub lines: Vec<HeldLine>,
    /// How many other lines hold something.
    pub more_lines: usize,
    /// The bytes that these hold.
    pub more: u64,
    /// Bytes that were allocated outside of measured functions.
    pub outside: u64,
    /// Bytes of which no line is known: see [`CallPaths::unattributed`].
    pub unattributed: u64,
}

/// A line and what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldLine {
    /// Its function, as an index into [`Snapshot::functions`].
    pub function: usize,
    /// Its number, counted from 1.
    pub line: u32,
    /// Bytes that it had allocated itself.
    pub bytes: u64,
}

impl Overview {
    /// The overview of a run.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Self {
        let peak = match share::held_at_peak(snapshot) {
            // With several threads the lines are as exact as the total, and the parts must have the sum that is shown.
            Some(bytes) => Some(ProcessPeak {
                bytes,
                ..snapshot.peak.unwrap_or(ProcessPeak { bytes, after: None, uncertainty: 0 })
            }),
            None => snapshot.peak,
        };
        Self {
            peak: match snapshot.backend {
                Backend::Off => None,
                Backend::Heap | Backend::Rss => peak,
            },
            live: snapshot.process_bytes,
            resident_peak: snapshot.resident_peak,
            held: snapshot.paths.as_ref().map(|paths| HeldByLine::of(paths, |held| held.at_peak)),
        }
    }

    /// Bytes of the peak that had no memory, at least: the resident set was never as high. They were allocated and
    /// not touched, or swapped out. `None` if they are less than a hundredth of the peak.
    #[must_use]
    pub fn untouched(&self) -> Option<u64> {
        let (peak, resident) = (self.peak?, self.resident_peak?);
        let certain = peak.bytes.saturating_sub(peak.uncertainty);
        Some(certain.saturating_sub(resident)).filter(|bytes| *bytes > peak.bytes / 100)
    }
}

impl HeldByLine {
    /// The lines by one of the figures of their own blocks.
    #[must_use]
    pub fn of(paths: &CallPaths, figure: impl Fn(&Held) -> u64) -> Self {
        let line =
            |OwnLine { function, line, own }| HeldLine { function, line, bytes: figure(&own) };
        let mut lines: Vec<_> =
            paths.by_line().into_iter().map(line).filter(|it| it.bytes > 0).collect();
        lines.sort_by_key(|line| Reverse(line.bytes));
        let total = figure(&paths.total());
        let shares = lines.iter().take(MOST).map(|line| line.bytes);
        let rest = lines.split_off(share::enough(shares, total));
        Self {
            total,
            lines,
            more_lines: rest.len(),
            more: sum(rest.iter().map(|line| line.bytes)),
            outside: figure(&paths.outside),
            unattributed: figure(&paths.unattributed),
        }
    }
}

fn sum(bytes: impl Iterator<Item = u64>) -> u64 {
    bytes.fold(0, u64::saturating_add)
}
