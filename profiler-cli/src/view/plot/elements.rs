//! What a chart is made of, as plain data.

use crate::timeline::Timeline;

/// Red, green, blue.
pub(super) type Rgb = (u8, u8, u8);

/// A run to be shown.
pub(crate) struct Run {
    /// What the run is called where there are several.
    pub(crate) name: String,
    pub(crate) timeline: Timeline,
}

/// How runs are to be shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    /// Instead of the command line.
    pub(crate) title: Option<String>,
    /// From and to, in seconds since the start of each run.
    pub(crate) window: Option<(f64, f64)>,
    /// Whether each curve has its line of least squares.
    pub(crate) slope: bool,
    /// Whether functions are rows by level, below the curves.
    pub(crate) flame: bool,
}

pub(super) struct Curve {
    pub(super) name: String,
    pub(super) color: Rgb,
    pub(super) points: Vec<(f64, f64)>,
    pub(super) trend: Option<Trend>,
}

pub(super) struct Trend {
    /// Bytes per second.
    pub(super) slope: f64,
    pub(super) ends: [(f64, f64); 2],
}

/// A time in which one function ran, as far as can be seen.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shade {
    pub(super) label: String,
    pub(super) color: Rgb,
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) thread: u32,
    /// Which row it has where functions are rows, counted from below. Where they are not, what has a
    /// higher one is lower, so that what it lies in stays in sight.
    pub(super) row: usize,
}

pub(super) struct Mark {
    pub(super) at: (f64, f64),
    pub(super) label: String,
    /// What kind of figure it is, and what was running.
    pub(super) explanation: Vec<String>,
}

/// What an entry stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Curve(Rgb),
    Trend(Rgb),
    Peak,
    Shade(Rgb),
    /// Goes on with the entry above.
    Nothing,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) sign: Sign,
    pub(super) text: String,
}
