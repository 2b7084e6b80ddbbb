//! Reduces runs to a chart.

use anyhow::{Context, Result, bail};
use mem_profile_format::report::{self, Unit};

use super::elements::{Curve, Entry, Mark, Options, Run, Shade};
use super::paint::{CURVES, Paint, cut};
use super::scale::Scale;
use super::{lanes, legend};
use crate::timeline::{self, Peak, Timeline};

/// A chart. Times are in seconds since the start of the run, sizes in `unit`.
pub(crate) struct Chart {
    pub(super) title: String,
    pub(super) from: f64,
    pub(super) to: f64,
    /// The upper end of the size axis.
    pub(super) top: f64,
    pub(super) unit: &'static str,
    pub(super) curves: Vec<Curve>,
    pub(super) shades: Vec<Shade>,
    /// Number of rows of functions; 0 if they are shaded instead.
    pub(super) rows: usize,
    pub(super) peak: Mark,
    pub(super) legend: Vec<Entry>,
}

impl Chart {
    /// # Errors
    /// If there is no sample, or none in the window.
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
        // Spans of several runs would overlap.
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

/// The highest point of all curves.
fn mark(windows: &[(Timeline, f64)], scale: &mut Scale, paint: &Paint) -> Mark {
    let of_window = |window| {
        let (timeline, _): &(Timeline, f64) = window;
        let children = timeline.children.iter().map(|(id, series)| (Some(*id), series));
        let all = children.chain([(None, &timeline.memory)]);
        all.filter_map(move |(child, series)| Some((series.peak()?, child, window)))
    };
    let highest = windows.iter().flat_map(of_window).max_by_key(|(peak, ..)| peak.at.bytes);
    // Every window has a sample, so this is only a default.
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

/// The source of the peak, its process, and the function that was running.
fn explanation(peak: Peak, child: Option<u32>, run: &Timeline, paint: &Paint) -> Vec<String> {
    let kind = match peak.is_mark {
        true => "as reported by the system",
        false => "the highest sample",
    };
    let of = child.map_or_else(String::new, |child| format!(", of child {child}"));
    let is_running =
        |span: &&timeline::Span| (span.start.time..=span.end.time).contains(&peak.at.time);
    let running = run.spans.iter().filter(is_running).max_by_key(|span| span.level);
    let running = running.filter(|_| child.is_none());
    let running =
        running.map(|it| format!("in {}", cut(&report::printable(paint.of(&it.function).1), 34)));
    [kind.to_owned() + &of].into_iter().chain(running).collect()
}
