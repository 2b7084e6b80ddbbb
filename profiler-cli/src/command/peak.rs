//! `peak`: prints the peak of runs.

use std::path::Path;

use anyhow::{Context, Result, bail};
use clap::Args;
use mem_profile_format::report::{printable, printable_line};

use crate::outcome::Outcome;
use crate::output::Target;
use crate::timeline::{self, Series, Timeline, files};

/// Print the peak of runs and of their child processes
///
/// The peak is the one that the system reported or the program counted if the file has it, else the highest sample.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Sample files, or their numbers in `list` [default: the last one]
    #[arg(allow_negative_numbers = true)]
    files: Vec<String>,
    /// Only while this function ran: its path, or the end of it
    #[arg(long, value_name = "NAME")]
    func: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile peak
  cargo mem-profile peak -2 -1 --func parse::line";

const MIB: f64 = 1_048_576.0;

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let mut text = String::new();
    for path in files::choose(&arguments.files)? {
        let timeline = files::load(&path)?;
        text += &match &arguments.func {
            Some(name) => of_function(&path, &timeline, name)?,
            None => of_run(&path, &timeline)?,
        };
    }
    Target::Stdout.write(text.as_bytes())?;
    Ok(Outcome::Done)
}

fn of_run(path: &Path, timeline: &Timeline) -> Result<String> {
    let shown = printable_line(&path.display().to_string());
    let mib = |series: &Series| series.peak().map(|peak| peak.at.bytes as f64 / MIB);
    let own = mib(&timeline.memory).with_context(|| format!("{shown} has no samples"))?;
    let unseen = timeline.unseen_peak.map_or(0.0, |bytes| bytes as f64 / MIB);
    let mut text = format!("{shown}\t{:.3} MiB\n", own.max(unseen));
    for child in &timeline.children {
        if let Some(peak) = mib(&child.series) {
            let name = child.name.as_ref().map(|name| format!(" ({})", printable(name)));
            let name = name.unwrap_or_default();
            text += &format!("  Child {}{name}\t\t\t{peak:.3} MiB\n", child.id);
        }
    }
    Ok(text)
}

fn of_function(path: &Path, timeline: &Timeline, name: &str) -> Result<String> {
    let shown = printable_line(&path.display().to_string());
    let functions = timeline::functions(timeline);
    let is_meant = |it: &&timeline::Function| {
        let rest = it.name.strip_suffix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with(['.', ':']))
    };
    let peaks = functions.iter().filter(is_meant).map(|it| it.peak);
    let Some(peak) = peaks.max() else {
        let known: Vec<_> = functions.iter().take(5).map(|it| it.name.as_str()).collect();
        match known[..] {
            [] => bail!("{shown} has no calls: only annotated functions are recorded"),
            _ => bail!("{shown} has no call of {name}, but calls of {}", known.join(", ")),
        }
    };
    Ok(format!("{shown}\t{:.3} MiB\n", peak as f64 / MIB))
}
