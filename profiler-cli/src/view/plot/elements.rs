//! The elements of a chart, as plain data.

use crate::timeline::Timeline;

/// Red, green, blue.
pub(super) type Rgb = (u8, u8, u8);

/// A run to plot.
pub(crate) struct Run {
    /// Name in the legend if there are several runs.
    pub(crate) name: String,
    pub(crate) timeline: Timeline,
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
    /// Whether functions are drawn as rows below the curves.
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

/// The visible part of a call.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shade {
    pub(super) label: String,
    pub(super) color: Rgb,
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) thread: u32,
    /// The row, counted from below. If functions are shaded instead, a higher row makes a lower shade, so
    /// that enclosing calls stay visible.
    pub(super) row: usize,
}

pub(super) struct Mark {
    pub(super) at: (f64, f64),
    pub(super) label: String,
    /// The source of the figure, and the function that was running.
    pub(super) explanation: Vec<String>,
}

/// The symbol of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Curve(Rgb),
    Trend(Rgb),
    Peak,
    Shade(Rgb),
    /// Continues the entry above.
    Nothing,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) sign: Sign,
    pub(super) text: String,
}
