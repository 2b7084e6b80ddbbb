//! The memory of the whole process as plain data: at its peak, by the lines that held it, and at the end.

use std::cmp::Reverse;

use super::share::{self, MOST};
use crate::snapshot::{Backend, CallPaths, OwnLine, ProcessPeak, Snapshot};

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
    pub held: Option<HeldAtPeak>,
}

/// The peak by the lines that held it. All its bytes together are [`Overview::peak`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldAtPeak {
    /// The lines that held most, the first of them the most: as many as hold 95 % of the peak, at most ten.
    pub lines: Vec<HeldLine>,
    /// How many other lines held something.
    pub more_lines: usize,
    /// The bytes that these held.
    pub more: u64,
    /// Bytes that were allocated outside of measured functions.
    pub outside: u64,
    /// Bytes that were allocated after the table of paths was full.
    pub unattributed: u64,
}

/// A line and what it held.
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
            held: snapshot.paths.as_ref().map(HeldAtPeak::of),
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

impl HeldAtPeak {
    fn of(paths: &CallPaths) -> Self {
        let line =
            |it: OwnLine| HeldLine { function: it.function, line: it.line, bytes: it.own.at_peak };
        let mut lines: Vec<_> =
            paths.by_line().into_iter().map(line).filter(|it| it.bytes > 0).collect();
        lines.sort_by_key(|line| Reverse(line.bytes));
        let shares = lines.iter().take(MOST).map(|line| line.bytes);
        let rest = lines.split_off(share::enough(shares, paths.total().at_peak));
        Self {
            lines,
            more_lines: rest.len(),
            more: sum(rest.iter().map(|line| line.bytes)),
            outside: paths.outside.at_peak,
            unattributed: paths.unattributed.at_peak,
        }
    }
}

fn sum(bytes: impl Iterator<Item = u64>) -> u64 {
    bytes.fold(0, u64::saturating_add)
}
