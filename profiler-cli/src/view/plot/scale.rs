//! Maps samples to positions.

use super::elements::{Options, Trend};
use crate::timeline::{Sample, Series, Timeline};
use crate::view::words::{decimals, time_unit};

/// The axes of a plot.
pub(super) struct Scale {
    pub(super) from: f64,
    pub(super) to: f64,
    /// The upper end of the size axis, in `unit`.
    pub(super) top: f64,
    pub(super) unit: &'static str,
    divisor: f64,
}

/// Number of visible columns.
pub(super) const COLUMNS: usize = 1600;

/// The fewest samples, and the shortest time in seconds, that have a slope.
const TREND: (usize, f64) = (10, 1.0);

impl Scale {
    pub(super) fn new(windows: &[(Timeline, f64)], options: &Options) -> Self {
        let ends = windows.iter().map(|(timeline, start)| {
            timeline.start().map_or(0.0, |first| first - start) + timeline.seconds()
        });
        let (from, to) = options.window.unwrap_or((0.0, ends.fold(0.0, f64::max)));
        let all = windows.iter().flat_map(|(timeline, _)| {
            timeline.children.iter().map(|child| &child.series).chain([&timeline.memory])
        });
        let highest = all.filter_map(Series::peak).map(|peak| peak.at.bytes).max().unwrap_or(0);
        let (unit, divisor) = match highest {
            0..0x10_0000 => ("KiB", 1024.0),
            0x10_0000..0x4000_0000 => ("MiB", 1_048_576.0),
            _ => ("GiB", 1_073_741_824.0),
        };
        // With room for the label of the peak.
        let top = (highest as f64 / divisor * 1.15).max(1.0);
        Self { from, to: to.max(from + 1e-3), top, unit, divisor }
    }

    /// The position of a sample of a run that began at `start`.
    pub(super) fn point(&self, sample: Sample, start: f64) -> (f64, f64) {
        (sample.time - start, sample.bytes as f64 / self.divisor)
    }

    /// The columns that a time covers within the window, both in seconds since the start.
    pub(super) fn columns(&self, from: f64, to: f64) -> Option<(f64, f64)> {
        let column = |seconds: f64| (seconds - self.from) / self.column();
        // A call without a measurable length is shown too.
        let (from, to) = (column(from), column(to).max(column(from) + 1e-6));
        let (from, to) = (from.max(0.0), to.min(COLUMNS as f64));
        (from < to).then_some((from, to))
    }

    /// Start of a column, in seconds.
    pub(super) fn column_start(&self, index: usize) -> f64 {
        (index as f64).mul_add(self.column(), self.from)
    }

    /// Width of a column, in seconds.
    fn column(&self) -> f64 {
        (self.to - self.from) / COLUMNS as f64
    }

    /// The points of a curve.
    pub(super) fn points(&self, series: &Series, start: f64) -> Vec<(f64, f64)> {
        let points = series.samples.iter().map(|it| self.point(*it, start));
        thinned(points.collect(), self.column())
    }

    /// Its growth; `None` if there are too few samples to tell.
    pub(super) fn trend(&self, series: &Series, start: f64) -> Option<Trend> {
        let (first, last) = (series.samples.first()?, series.samples.last()?);
        let (count, seconds) = TREND;
        if series.samples.len() < count || last.time - first.time < seconds {
            return None;
        }
        let (slope, bytes) = series.trend(start)?;
        let size = |seconds: f64| slope.mul_add(seconds, bytes) / self.divisor;
        // Its visible part.
        let rise = slope / self.divisor;
        let at = |seconds: f64| {
            let seen = size(seconds).clamp(0.0, self.top);
            let shift = if rise == 0.0 { 0.0 } else { (seen - size(seconds)) / rise };
            (seconds + shift, seen)
        };
        Some(Trend { slope, ends: [at(first.time - start), at(last.time - start)] })
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

/// Round times within the axis, about so many, each with a label.
pub(super) fn time_ticks(from: f64, to: f64, about: f64) -> Vec<(f64, String)> {
    let (unit, length) = time_unit(to - from);
    let ticks = ticks(from / length, to / length, about, unit);
    ticks.into_iter().map(|(at, label)| (at * length, label)).collect()
}

/// Round numbers between two ends, about so many, each with a label.
pub(super) fn ticks(from: f64, to: f64, about: f64, unit: &str) -> Vec<(f64, String)> {
    let rough = (to - from) / about.max(1.0);
    let magnitude = 10f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|it| it * magnitude);
    let step = steps.into_iter().find(|step| *step >= rough * 0.999).unwrap_or(to - from);
    let digits = (-step.log10() - 1e-9).ceil().clamp(0.0, 6.0) as usize;
    let (first, last) = ((from / step - 1e-9).ceil() as i64, (to / step + 1e-9).floor() as i64);
    let labelled = (first..=last).map(|index| index as f64 * step);
    labelled.map(|at| (at, format!("{} {unit}", decimals(at, digits)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_have_one_unit() {
        let labels = |from, to, about| {
            time_ticks(from, to, about).into_iter().map(|tick| tick.1).collect::<Vec<_>>()
        };
        assert_eq!(labels(0.0, 0.6, 3.0), ["0 ms", "200 ms", "400 ms", "600 ms"]);
        assert_eq!(labels(2.0, 3.0, 2.0), ["2 s", "2.5 s", "3 s"]);
        assert_eq!(labels(0.0, 150.0, 3.0), ["0 min", "1 min", "2 min"]);
        let sizes = ticks(0.0, 1.15, 4.0, "KiB").into_iter().map(|tick| tick.1);
        assert_eq!(sizes.collect::<Vec<_>>(), ["0 KiB", "0.5 KiB", "1 KiB"]);
    }
}
