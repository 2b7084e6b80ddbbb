//! What a plot shows.

use std::collections::HashMap;

use anyhow::{Context, Result, bail};
use mem_profile_runtime::report::{self, Unit};

use super::lanes;
use super::legend::{self, Entry};
use super::scale::Scale;
use crate::timeline::{self, Peak, Timeline};

/// Red, green, blue.
pub(super) type Rgb = (u8, u8, u8);

/// Of curves: they differ in light and dark as well.
const CURVES: [Rgb; 6] =
    [(31, 41, 55), (37, 99, 235), (220, 38, 38), (22, 128, 60), (147, 51, 234), (180, 83, 9)];

/// Of functions. What comes later in the order of time spent takes them again.
const SHADES: [Rgb; 10] = [
    (78, 121, 167),
    (242, 142, 43),
    (89, 161, 79),
    (225, 87, 89),
    (176, 122, 161),
    (118, 183, 178),
    (237, 201, 72),
    (156, 117, 95),
    (255, 157, 167),
    (121, 112, 110),
];

/// Characters of a label. No more of them have room anywhere.
const LABEL: usize = 160;

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

/// All that is to be seen. Times are in seconds since the start of the run, sizes in `unit`.
pub(crate) struct Chart {
    pub(super) title: String,
    pub(super) from: f64,
    pub(super) to: f64,
    /// Where the axis of sizes ends.
    pub(super) top: f64,
    pub(super) unit: &'static str,
    pub(super) curves: Vec<Curve>,
    pub(super) shades: Vec<Shade>,
    /// How many rows the functions have where they are rows, else 0.
    pub(super) rows: usize,
    pub(super) peak: Mark,
    pub(super) legend: Vec<Entry>,
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

impl Chart {
    /// # Errors
    /// Where there is nothing to show: no sample, or none in the window.
    pub(crate) fn new(runs: &[Run], options: &Options) -> Result<Self> {
        let windows = runs.iter().map(|run| window(run, options)).collect::<Result<Vec<_>>>()?;
        let mut scale = Scale::new(&windows, options);
        let mut curves = Vec::new();
        for ((timeline, start), run) in windows.iter().zip(runs) {
            scale.start = *start;
            let name = legend::run_name(timeline, run, runs.len());
            let own = (name, &timeline.memory);
            let children =
                timeline.children.iter().map(|(id, series)| (format!("child {id}"), series));
            for (name, series) in [own].into_iter().chain(children) {
                let color = CURVES[curves.len() % CURVES.len()];
                curves.push(scale.curve(name, color, series, options.slope));
            }
        }
        // Spans of several runs would hide each other.
        let functions = if let [(timeline, _)] = &windows[..] { Some(timeline) } else { None };
        let functions = functions.map(timeline::functions).unwrap_or_default();
        let paint = Paint::new(&functions);
        let (shades, lanes) = match &windows[..] {
            [(timeline, _)] => lanes::shades(timeline, &scale, &paint),
            _ => (Vec::new(), 0),
        };
        let peak = mark(&windows, &mut scale, &paint);
        let mut legend = legend::entries(&curves, &peak, &functions, &paint);
        legend.extend(legend::lanes(lanes));
        let rows = shades.iter().map(|shade| shade.row + 1).max().filter(|_| options.flame);
        Ok(Self {
            title: report::printable_line(&title(runs, options)),
            from: scale.from,
            to: scale.to,
            top: scale.top,
            unit: scale.unit,
            curves,
            shades,
            rows: rows.unwrap_or(0),
            peak,
            legend,
        })
    }
}

/// The part of a run that is shown, and when the run began.
fn window(run: &Run, options: &Options) -> Result<(Timeline, f64)> {
    let name = &run.name;
    let start = run.timeline.start().filter(|_| run.timeline.memory.peak().is_some());
    let start =
        start.with_context(|| format!("{name} has no samples: there is nothing to plot"))?;
    let Some((from, to)) = options.window else { return Ok((run.timeline.clone(), start)) };
    let shown = run.timeline.within(start + from, start + to);
    if shown.memory.samples.is_empty() {
        let seconds = run.timeline.seconds();
        bail!("{name} has no sample between {from} and {to} s: it took {seconds:.3} s");
    }
    Ok((shown, start))
}

fn title(runs: &[Run], options: &Options) -> String {
    let command = || match runs {
        [run] => Some(run.timeline.command.clone().unwrap_or_else(|| run.name.clone())),
        _ => None,
    };
    options.title.clone().or_else(command).unwrap_or_else(|| format!("{} runs", runs.len()))
}

/// The highest point of all curves.
fn mark(windows: &[(Timeline, f64)], scale: &mut Scale, paint: &Paint) -> Mark {
    let of_window = |window| {
        let (timeline, _): &(Timeline, f64) = window;
        let children = timeline.children.iter().map(|(id, series)| (Some(*id), series));
        let all = children.chain([(None, &timeline.memory)]);
        all.filter_map(move |(child, series)| Some((series.peak()?, child, window)))
    };
    let highest = windows.iter().flat_map(of_window).max_by_key(|(peak, ..)| peak.at.bytes);
    // Every window has a sample, so there is one.
    let nothing = timeline::Sample { time: windows[0].1, bytes: 0 };
    let nothing = (Peak { at: nothing, is_mark: false }, None, &windows[0]);
    let (peak, child, (timeline, start)) = highest.unwrap_or(nothing);
    scale.start = *start;
    let seconds = scale.seconds(peak.at.time);
    let size = Unit::Auto.format(peak.at.bytes.into(), 1);
    Mark {
        at: (seconds, scale.size(peak.at.bytes as f64)),
        label: format!("peak {size} at {seconds:.2} s"),
        explanation: explanation(peak, child, timeline, paint),
    }
}

/// What kind of figure it is, whose, and what was running.
fn explanation(peak: Peak, child: Option<u32>, run: &Timeline, paint: &Paint) -> Vec<String> {
    let kind = match peak.is_mark {
        true => "as the system counted",
        false => "the highest of the samples",
    };
    let of = child.map_or_else(String::new, |child| format!(", of child {child}"));
    let is_running =
        |span: &&timeline::Span| (span.start.time..=span.end.time).contains(&peak.at.time);
    let running = run.spans.iter().filter(is_running).max_by_key(|span| span.level);
    let running = running.filter(|_| child.is_none());
    let running = running
        .map(|it| format!("in {}", legend::cut(&report::printable(paint.of(&it.function).1), 34)));
    [kind.to_owned() + &of].into_iter().chain(running).collect()
}

/// The colour and the label of each function.
pub(super) struct Paint(HashMap<String, (Rgb, String)>);

impl Paint {
    fn new(functions: &[timeline::Function]) -> Self {
        let labels = timeline::labels(functions.iter().map(|it| it.name.as_str()));
        let colors = SHADES.iter().cycle();
        let paint = functions.iter().zip(colors).map(|(function, color)| {
            let label = labels.get(function.name.as_str()).copied().unwrap_or(&function.name);
            let label = legend::cut(&report::printable_line(label), LABEL);
            (function.name.clone(), (*color, label))
        });
        Self(paint.collect())
    }

    /// Where functions have no colours, the name is the label.
    pub(super) fn of<'a>(&'a self, function: &'a str) -> (Rgb, &'a str) {
        let known = self.0.get(function);
        known.map_or((SHADES[9], function), |(color, label)| (*color, label.as_str()))
    }
}
