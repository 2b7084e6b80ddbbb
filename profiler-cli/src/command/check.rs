//! `check`: judges whether a run stayed within its limits.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::check::{self, Limits, Share, Size, Verdict};
use crate::compare::{self, Compared, Ranking};
use crate::figures::Measure;
use crate::outcome::Outcome;
use crate::output::{self, Target};
use crate::recording::{self, Recording};
use crate::view::verdict;

/// Check a recording against a baseline, and fail if it exceeds a limit
///
/// The baseline is an earlier recording, or a TOML file with limits, which may name a recording. The
/// check also fails if the baseline is missing, a recording is incomplete, or a limit cannot be judged.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The recording to check
    file: PathBuf,
    /// Earlier recording, or a .toml file with limits
    #[arg(long, value_name = "FILE")]
    baseline: PathBuf,
    /// Allowed growth of a line or function, as a share of the baseline [default: 10%]
    #[arg(long, value_name = "SHARE")]
    growth: Option<Share>,
    /// Growth that is always allowed, however small the figure was [default: 64 KiB]
    #[arg(long, value_name = "SIZE")]
    slack: Option<Size>,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile report main.mprof --output baseline.json
  cargo mem-profile check branch.mprof --baseline baseline.json --growth 5%
  cargo mem-profile check branch.mprof --baseline limits.toml

A file with limits; every part is optional:
  baseline = \"baseline.json\"        # relative to this file

  [growth]                          # for every line and function
  share = \"10%\"
  slack = \"64 KiB\"                  # growth up to this size is ignored
  measures = [\"increment\", \"peak\"]  # also: at-peak, live, allocated, allocs

  [[limit]]
  function = \"my_app::parse::*\"     # for each matching function
  increment = \"1 MiB\"
  peak = \"24 MiB\"
  allocated = \"1 GiB\"
  allocs = 1000

A figure equal to its limit passes. All figures but at-peak and live include what a line or a function
called. Under GitHub Actions, exceeded lines are marked in the pull request, and the job summary lists
the changes.";

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let limits = limits(arguments)?;
    let recording = whole(&arguments.file)?;
    let baseline = limits.baseline.as_deref().map(whole).transpose()?;
    let compared = |baseline: &Recording| compare::compare(&baseline.snapshot, &recording.snapshot);
    let comparison = baseline.as_ref().map(compared).transpose()?;
    if let Some(note) = comparison.as_deref().and_then(compare::note) {
        output::status("note", &note);
    }
    let verdict = check::judge(&recording.snapshot, &limits, comparison.as_deref())?;
    for function in &verdict.missing {
        output::status("warning", &format!("{function} is in the baseline but did not run"));
    }
    Target::Stdout.write_text(&verdict::text(&verdict))?;
    report_to_github(&verdict, comparison)?;
    Ok(if verdict.breaches.is_empty() { Outcome::Done } else { Outcome::Exceeded })
}

/// The limits, with the path of the baseline relative to the current folder.
fn limits(arguments: &Arguments) -> Result<Limits> {
    let path = &arguments.baseline;
    let mut limits = if path.extension().is_some_and(|extension| extension == "toml") {
        let text = fs::read_to_string(path);
        let text = text.with_context(|| format!("cannot read {}", path.display()))?;
        let mut limits =
            Limits::parse(&text).with_context(|| format!("cannot use {}", path.display()))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        limits.baseline = limits.baseline.map(|baseline| folder.join(baseline));
        limits
    } else {
        Limits { baseline: Some(path.clone()), ..Limits::default() }
    };
    limits.growth.share = arguments.growth.unwrap_or(limits.growth.share);
    limits.growth.slack = arguments.slack.unwrap_or(limits.growth.slack);
    Ok(limits)
}

/// Loads a recording of a whole run. An incomplete one cannot prove that a limit was kept.
fn whole(path: &Path) -> Result<Recording> {
    let recording = recording::load(path)?;
    if let Some(incomplete) = &recording.incomplete {
        let path = path.display();
        bail!("{path} is incomplete: {}; record a whole run", incomplete.reason);
    }
    Ok(recording)
}

/// Under GitHub Actions, marks the lines and writes the job summary.
fn report_to_github(verdict: &Verdict, comparison: Option<Vec<Compared>>) -> Result<()> {
    if std::env::var_os("GITHUB_ACTIONS").is_none_or(|value| value != "true") {
        return Ok(());
    }
    output::write_stderr(&verdict::annotations(verdict));
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").map(PathBuf::from) else {
        return Ok(());
    };
    let ranking = comparison.map(|it| Ranking::of(compare::lines(it), Measure::Increment, None));
    let page = verdict::summary(verdict, ranking.as_ref());
    let written = File::options().append(true).create(true).open(&path);
    let written = written.and_then(|mut file| file.write_all(page.as_bytes()));
    written.with_context(|| format!("cannot write the summary to {}", path.display()))
}
