//! Judges a recording by limits. This room computes the verdict; it neither reads files nor prints.
//!
//! A limit that cannot be judged is an error, and never passes: a figure that was not measured, a limit
//! that matches no function, a baseline without a common function.

mod limits;

use std::cmp::Reverse;

use anyhow::{Result, bail};
use mem_profile_format::{Backend, FunctionFilter, FunctionSnapshot, Snapshot};

pub(crate) use self::limits::{Growth, Limit, Limits, Share, Size};
use crate::compare::{Change, Compared};
use crate::figures::{Figures, Measure};
use crate::recording;

/// The result of a check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Exceeded limits, the largest excess first.
    pub(crate) breaches: Vec<Breach>,
    /// Number of figures compared with a limit.
    pub(crate) judged: usize,
    /// Functions of the baseline that did not run.
    pub(crate) missing: Vec<String>,
    /// Notes on functions that ran, with their names.
    pub(crate) notes: Vec<String>,
}

/// One exceeded limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Breach {
    /// Full path of the function.
    pub(crate) function: String,
    /// The file of the line with the highest figure.
    pub(crate) file: String,
    /// Its number, counted from 1.
    pub(crate) line: u32,
    /// Its source text.
    pub(crate) source: String,
    /// The limited figure.
    pub(crate) measure: Measure,
    /// The measured value.
    pub(crate) figure: i128,
    /// The limit.
    pub(crate) limit: i128,
    /// The value in the baseline; `None` for a limit on a function.
    pub(crate) baseline: Option<i128>,
}

impl Verdict {
    fn judge(&mut self, figure: i128, limit: i128, breach: impl FnOnce() -> Breach) -> bool {
        self.judged += 1;
        let exceeded = figure > limit;
        if exceeded {
            self.breaches.push(breach());
        }
        exceeded
    }

    fn sorted(mut self) -> Self {
        self.breaches.sort_by_key(|breach| Reverse(breach.figure - breach.limit));
        self
    }
}

/// Compares functions with their limits, and with a baseline if there is one.
///
/// # Errors
/// If a limit cannot be judged.
pub(crate) fn judge(
    snapshot: &Snapshot,
    limits: &Limits,
    comparison: Option<&[Compared]>,
) -> Result<Verdict> {
    if snapshot.backend == Backend::Off || snapshot.functions.is_empty() {
        bail!("nothing was measured: run the program with MEM_PROFILE=on and no filter");
    }
    let notes = recording::notes(&snapshot.functions);
    let notes = notes.map(|(name, note)| format!("{name}: {note}")).collect();
    let mut verdict = Verdict { notes, ..Verdict::default() };
    let figures: Vec<_> = snapshot.functions.iter().map(Figures::of_function).collect();
    for limit in &limits.limits {
        judge_limit(snapshot, &figures, limit, &mut verdict)?;
    }
    if let Some(comparison) = comparison {
        judge_growth(comparison, snapshot.backend, &limits.growth, &mut verdict)?;
    }
    Ok(verdict.sorted())
}

fn judge_limit(
    snapshot: &Snapshot,
    figures: &[Figures],
    limit: &Limit,
    verdict: &mut Verdict,
) -> Result<()> {
    let filter = FunctionFilter::parse(&limit.function);
    let functions = snapshot.functions.iter().zip(figures);
    let mut functions = functions.filter(|(it, _)| filter.matches(&it.name)).peekable();
    if functions.peek().is_none() {
        bail!(
            "no function that ran matches the limit on `{}`: correct the pattern, or remove the limit",
            limit.function,
        );
    }
    for (function, figures) in functions {
        for (measure, most) in limit.each() {
            let Some(figure) = measure.of(figures) else {
                return Err(unknown(measure, snapshot.backend));
            };
            verdict.judge(figure, most.into(), || breach(function, measure, figure, most.into()));
        }
    }
    Ok(())
}

fn unknown(measure: Measure, backend: Backend) -> anyhow::Error {
    let name = measure.name();
    if backend == Backend::Heap {
        return anyhow::anyhow!(
            "{name} is not recorded: record with MEM_PROFILE_LIVE=1, or remove the limit"
        );
    }
    anyhow::anyhow!(
        "{name} is not measured with {}: install mem_profile::Alloc in the program, or remove the limit",
        backend.name(),
    )
}

/// The breach of a limit on a function, at the line with the highest figure.
fn breach(function: &FunctionSnapshot, measure: Measure, figure: i128, limit: i128) -> Breach {
    let lines = function.body_lines();
    let hottest =
        lines.max_by_key(|line| (measure.of(&Figures::of_line(line)), Reverse(line.line)));
    Breach {
        function: function.name.clone(),
        file: function.file.clone(),
        line: hottest.map_or(function.line, |line| line.line),
        source: hottest.map_or_else(String::new, |line| line.source.clone()),
        measure,
        figure,
        limit,
        baseline: None,
    }
}

fn judge_growth(
    comparison: &[Compared],
    backend: Backend,
    growth: &Growth,
    verdict: &mut Verdict,
) -> Result<()> {
    let functions = || comparison.iter().map(|it| &it.function);
    if !functions().any(|function| function.before.is_some() && function.after.is_some()) {
        bail!("the baseline has no function in common with the recording: record a new baseline");
    }
    let gone = functions().filter(|function| function.after.is_none());
    verdict.missing = gone.map(|function| function.function.clone()).collect();
    let is_measured = |measure: Measure, figures: fn(&Change) -> Option<Figures>| {
        functions().filter_map(figures).any(|figures| measure.of(&figures).is_some())
    };
    for measure in measures(growth, backend)? {
        verdict.notes.extend(incomparable(comparison, measure));
        let is_own = matches!(measure, Measure::AtPeak | Measure::Live);
        if is_own && !(is_measured(measure, |it| it.before) && is_measured(measure, |it| it.after))
        {
            return Err(unknown(measure, backend));
        }
        for Compared { function, lines, .. } in comparison {
            let mut judge = |change| judge_change(change, measure, growth, verdict);
            let exceeded = lines.iter().filter(|line| judge(line)).count();
            // A line is more precise than its function.
            if exceeded == 0 {
                judge(function);
            }
        }
    }
    Ok(())
}

/// The note on functions that ran in both recordings, of which one lacks the figure.
fn incomparable(comparison: &[Compared], measure: Measure) -> Option<String> {
    let mut functions = comparison.iter().map(|it| &it.function).filter(|it| it.lacks(measure));
    let first = functions.next()?;
    let more = match functions.count() {
        0 => String::new(),
        1 => " and one more function".to_owned(),
        more => format!(" and {more} more functions"),
    };
    let (name, function) = (measure.name(), &first.function);
    Some(format!("{function}{more}: {name} is not compared, because one recording lacks it"))
}

fn measures(growth: &Growth, backend: Backend) -> Result<Vec<Measure>> {
    match (&growth.measures, backend) {
        (None, Backend::Heap) => Ok(vec![Measure::Increment, Measure::Peak]),
        (None, _) => Ok(vec![Measure::Increment]),
        (Some(measures), Backend::Heap) => Ok(measures.clone()),
        (Some(measures), _) => {
            match measures.iter().find(|&&measure| measure != Measure::Increment) {
                Some(&measure) => Err(unknown(measure, backend)),
                None => Ok(measures.clone()),
            }
        }
    }
}

/// Whether a change exceeds the allowed growth. If so, it is added to the verdict.
fn judge_change(change: &Change, measure: Measure, growth: &Growth, verdict: &mut Verdict) -> bool {
    let Some(figure) = change.after.and_then(|figures| measure.of(&figures)) else { return false };
    if change.lacks(measure) {
        return false;
    }
    let before = change.figure_before(measure);
    let slack = if measure == Measure::Allocs { 0 } else { i128::from(growth.slack.0) };
    let limit = before + growth.share.of(before.max(0)).max(slack);
    verdict.judge(figure, limit, || Breach {
        function: change.function.clone(),
        file: change.file.clone(),
        line: change.line,
        source: change.source.clone(),
        measure,
        figure,
        limit,
        baseline: Some(before),
    })
}

#[cfg(test)]
mod tests;
