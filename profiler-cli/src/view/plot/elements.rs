//! The elements of a chart, as plain data.

use super::palette::Style;
use crate::timeline::{Peak, Series, Timeline};

/// A run to plot.
pub(crate) struct Run {
    /// Name in the legend if there are several runs.
    pub(crate) name: String,
    pub(crate) timeline: Timeline,
}

/// A process of a run, with at least one sample.
pub(super) struct Process<'a> {
    /// In words; empty if there is only this one.
    pub(super) name: String,
    pub(super) is_child: bool,
    pub(super) series: &'a Series,
    pub(super) peak: Peak,
    pub(super) run: &'a Timeline,
    /// When the run began.
    pub(super) start: f64,
}

impl Process<'_> {
    /// The peak, if no sample shows it and its time is not known.
    pub(super) fn unseen_peak(&self) -> Option<u64> {
        self.run.unseen_peak.filter(|_| !self.is_child)
    }
}

/// Options of a plot.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    /// Title instead of the command line.
    pub(crate) title: Option<String>,
    /// From and to, in seconds since the start of each run.
    pub(crate) window: Option<(f64, f64)>,
    /// Whether each curve gets a least-squares line.
    pub(crate) slope: bool,
    /// Whether there is a row for each thread and level, rather than for each function.
    pub(crate) flame: bool,
}

/// The memory of a process.
pub(super) struct Curve {
    pub(super) name: String,
    pub(super) style: Style,
    pub(super) points: Vec<(f64, f64)>,
    /// In bytes.
    pub(super) peak: u64,
    pub(super) trend: Option<Trend>,
}

pub(super) struct Trend {
    /// Bytes per second.
    pub(super) slope: f64,
    pub(super) ends: [(f64, f64); 2],
}

/// A row below the curves: when a function ran, or the functions that ran at one level of a thread.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    /// Shown before the row.
    pub(super) name: String,
    /// Shown behind it.
    pub(super) note: String,
    /// In order of time.
    pub(super) bars: Vec<Bar>,
}

/// The visible part of one call, or of calls that touch.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bar {
    /// Shown inside, if there is room.
    pub(super) label: String,
    pub(super) style: Style,
    pub(super) from: f64,
    pub(super) to: f64,
}

/// The highest point of all curves.
pub(super) struct Mark {
    pub(super) at: (f64, f64),
    pub(super) label: String,
    /// The samples around it, if it lies above them.
    pub(super) feet: Vec<(f64, f64)>,
}

/// The symbol of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Curve(Style),
    Bar(Style),
    /// None: the text is a remark.
    Nothing,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) sign: Sign,
    /// Its start is cut if there is no room.
    pub(super) name: String,
    pub(super) text: String,
}
