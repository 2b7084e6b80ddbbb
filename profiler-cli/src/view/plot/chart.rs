//! Reduces runs to a chart.

use anyhow::{Context, Result, bail};
use mem_profile_format::report;

use super::elements::{Curve, Entry, Mark, Options, Process, Row, Run};
use super::headline;
use super::legend;
use super::palette::Style;
use super::rows::{self, Functions};
use super::scale::Scale;
use crate::timeline::{Series, Timeline};

/// A chart. Times are in seconds since the start of the run, sizes in `unit`.
pub(crate) struct Chart {
    pub(super) title: String,
    /// Sentences below the title, the peak first.
    pub(super) headline: Vec<String>,
    pub(super) from: f64,
    pub(super) to: f64,
    /// The upper end of the size axis.
    pub(super) top: f64,
    pub(super) unit: &'static str,
    pub(super) curves: Vec<Curve>,
    pub(super) rows: Vec<Row>,
    pub(super) peak: Mark,
    pub(super) legend: Vec<Entry>,
}

impl Chart {
    /// # Errors
    /// If there is no sample, or none in the window.
    pub(crate) fn new(runs: &[Run], options: &Options) -> Result<Self> {
        let windows = runs.iter().map(|run| window(run, options)).collect::<Result<Vec<_>>>()?;
        let scale = Scale::new(&windows, options);
        let processes = processes(&windows, runs);
        let curves = curves(&processes, &scale, options);
        let highest = processes.iter().rev().max_by_key(|it| it.peak.at.bytes);
        // Each window has a sample.
        let highest = highest.context("there is nothing to plot")?;
        // Calls of several runs would overlap.
        let (timeline, start) = &windows[0];
        let nothing = Timeline::default();
        let timeline = if windows.len() == 1 { timeline } else { &nothing };
        let functions = Functions::new(timeline);
        let (rows, levels) = match options.flame {
            true => rows::by_level(timeline, *start, &scale, &functions),
            false => (rows::by_function(timeline, *start, &scale, &functions), 0),
        };
        let mut legend = legend::curves(&curves, options.slope);
        legend.extend(legend::functions(&functions, options.flame));
        legend.extend(legend::levels(levels, rows.len()));
        Ok(Self {
            title: report::printable_line(&title(runs, options)),
            headline: headline::sentences(highest, &windows, &functions, options),
            from: scale.from,
            to: scale.to,
            top: scale.top,
            unit: scale.unit,
            curves,
            rows,
            peak: mark(highest, &scale),
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
        bail!("{name} has no sample between {from} and {to} s: the run took {seconds:.3} s");
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

/// The processes of each run: the program, then its children, the largest first.
fn processes<'a>(windows: &'a [(Timeline, f64)], runs: &[Run]) -> Vec<Process<'a>> {
    let mut processes = Vec::new();
    for ((timeline, start), run) in windows.iter().zip(runs) {
        let process = |child: Option<String>, series: &'a Series| {
            let peak = series.peak()?;
            let is_child = child.is_some();
            let name = legend::process_name(child, timeline, run, runs.len());
            Some(Process { name, is_child, series, peak, run: timeline, start: *start })
        };
        processes.extend(process(None, &timeline.memory));
        let children = timeline.children.iter();
        let mut children: Vec<_> =
            children.filter_map(|child| process(Some(child.title()), &child.series)).collect();
        children.sort_by_key(|child| std::cmp::Reverse(child.peak.at.bytes));
        processes.extend(children);
    }
    processes
}

/// The share of the highest peak from which on a child has a style of its own: others are hard to see.
const SEEN: f64 = 0.05;

fn curves(processes: &[Process<'_>], scale: &Scale, options: &Options) -> Vec<Curve> {
    let highest = processes.iter().map(|it| it.peak.at.bytes).max().unwrap_or(0) as f64;
    let is_seen = |it: &Process<'_>| !it.is_child || it.peak.at.bytes as f64 >= highest * SEEN;
    let mut next = 0;
    let curve = |process: &Process<'_>| {
        let Process { name, series, peak, start, .. } = process;
        let style = if is_seen(process) { Style::nth(next) } else { Style::Other };
        next += usize::from(is_seen(process));
        Curve {
            name: name.clone(),
            style,
            points: scale.points(series, *start),
            peak: process.unseen_peak().unwrap_or(peak.at.bytes),
            trend: options.slope.then(|| scale.trend(series, *start)).flatten(),
        }
    };
    processes.iter().map(curve).collect()
}

/// The mark at the highest point of all curves.
fn mark(process: &Process<'_>, scale: &Scale) -> Mark {
    let Process { series, peak, start, .. } = process;
    let next = series.samples.partition_point(|it| it.time < peak.at.time);
    let around = series.samples.iter().skip(next.saturating_sub(1)).take(2);
    let feet = around.filter(|_| headline::is_between_samples(process));
    Mark {
        at: scale.point(peak.at, *start),
        label: headline::peak(process),
        feet: feet.map(|it| scale.point(*it, *start)).collect(),
    }
}
