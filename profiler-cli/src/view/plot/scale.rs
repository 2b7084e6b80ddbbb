//! Maps samples to positions.

use super::elements::{Curve, Options, Rgb, Trend};
use crate::timeline::{Series, Timeline};

/// The axes of a plot.
pub(super) struct Scale {
    pub(super) from: f64,
    pub(super) to: f64,
    /// The upper end of the size axis, in `unit`.
    pub(super) top: f64,
    pub(super) unit: &'static str,
    divisor: f64,
    /// Start of the run.
    pub(super) start: f64,
}

/// Number of visible columns.
pub(super) const COLUMNS: usize = 840;

impl Scale {
    pub(super) fn new(windows: &[(Timeline, f64)], options: &Options) -> Self {
        let ends = windows.iter().map(|(timeline, start)| {
            timeline.start().map_or(0.0, |first| first - start) + timeline.seconds()
        });
        let (from, to) = options.window.unwrap_or((0.0, ends.fold(0.0, f64::max)));
        let all = windows.iter().flat_map(|(timeline, _)| {
            timeline.children.iter().map(|(_, series)| series).chain([&timeline.memory])
        });
        let highest = all.filter_map(Series::peak).map(|peak| peak.at.bytes).max().unwrap_or(0);
        let (unit, divisor) = match highest {
            0..0x10_0000 => ("KiB", 1024.0),
            0x10_0000..0x4000_0000 => ("MiB", 1_048_576.0),
            _ => ("GiB", 1_073_741_824.0),
        };
        // With room for the label of the peak.
        let top = (highest as f64 / divisor * 1.12).max(1.0);
        Self { from, to: to.max(from + 1e-3), top, unit, divisor, start: windows[0].1 }
    }

    pub(super) fn seconds(&self, time: f64) -> f64 {
        time - self.start
    }

    /// The column of a moment; out of range if it is outside of the window.
    pub(super) fn column_of(&self, time: f64) -> f64 {
        (self.seconds(time) - self.from) / self.column()
    }

    /// Start of a column, in seconds.
    pub(super) fn column_start(&self, index: usize) -> f64 {
        (index as f64).mul_add(self.column(), self.from)
    }

    /// Width of a column, in seconds.
    fn column(&self) -> f64 {
        (self.to - self.from) / COLUMNS as f64
    }

    pub(super) fn size(&self, bytes: f64) -> f64 {
        bytes / self.divisor
    }

    pub(super) fn curve(&self, name: String, color: Rgb, series: &Series, slope: bool) -> Curve {
        let samples = series.samples.iter();
        let points = samples.map(|it| (self.seconds(it.time), self.size(it.bytes as f64)));
        let points = thinned(points.collect(), self.column());
        let trend = series.trend(self.start).filter(|_| slope).map(|(slope, bytes)| {
            let at = |seconds: f64| (seconds, self.size(slope.mul_add(seconds, bytes)));
            let seconds = |point: Option<&(f64, f64)>| point.map_or(0.0, |point| point.0);
            Trend { slope, ends: [at(seconds(points.first())), at(seconds(points.last()))] }
        });
        Curve { name, color, points, trend }
    }
}

/// Keeps the first, lowest, highest and last point of each column: the others are not visible.
fn thinned(points: Vec<(f64, f64)>, column: f64) -> Vec<(f64, f64)> {
    if points.len() <= COLUMNS * 4 {
        return points;
    }
    let mut thin = Vec::new();
    for same in points.chunk_by(|one, other| (one.0 / column).floor() == (other.0 / column).floor())
    {
        let by_size = |one: &&(f64, f64), other: &&(f64, f64)| one.1.total_cmp(&other.1);
        let chosen =
            [same.first(), same.iter().min_by(by_size), same.iter().max_by(by_size), same.last()];
        let mut chosen: Vec<_> = chosen.into_iter().flatten().copied().collect();
        chosen.sort_by(|one, other| one.0.total_cmp(&other.0));
        thin.extend(chosen);
    }
    thin
}
