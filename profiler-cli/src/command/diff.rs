//! `diff`: compares two recordings.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use mem_profile_format::Snapshot;

use super::options::{Destination, Functions, Sizes};
use crate::compare::{self, Ranking};
use crate::figures::{self, Measure};
use crate::outcome::Outcome;
use crate::output;
use crate::recording;
use crate::view::comparison;

/// Compare two recordings, largest growth first
///
/// Lines are matched by the path of their function and their source text, even if they moved. An
/// edited line is matched by its position between unchanged lines.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Recording to compare with
    before: PathBuf,
    /// Recording that may have grown
    after: PathBuf,
    /// Compare lines or functions
    #[arg(long, value_enum, default_value_t = By::Line)]
    by: By,
    /// Figure to compare [default: at-peak, or increment if it is missing]
    #[arg(long, value_enum)]
    measure: Option<Measure>,
    /// Show only this many, those that grew most
    #[arg(long, value_name = "NUMBER")]
    top: Option<usize>,
    #[command(flatten)]
    functions: Functions,
    /// Format of the comparison [default: by the extension of --output, else text]
    #[arg(long, value_enum)]
    format: Option<Format>,
    #[command(flatten)]
    sizes: Sizes,
    #[command(flatten)]
    destination: Destination,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile diff main.mprof branch.mprof
  cargo mem-profile diff main.mprof branch.mprof --by function --measure peak --top 10
  cargo mem-profile diff main.mprof branch.mprof --format markdown >> comment.md";

/// Unit of comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum By {
    /// Lines
    Line,
    /// Functions
    Function,
}

/// Format of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table as text
    Text,
    /// A table in Markdown
    Markdown,
    /// All figures; sizes in bytes
    Json,
    /// One row per change; sizes in bytes
    Csv,
}

impl Format {
    fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Markdown => "md",
            Self::Json => "json",
            Self::Csv => "csv",
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let mut before = recording::load(&arguments.before)?;
    let mut after = recording::load(&arguments.after)?;
    for (recording, path) in [(&before, &arguments.before), (&after, &arguments.after)] {
        recording.warn(path);
    }
    let measure = measure(arguments.measure, &before.snapshot, &after.snapshot)?;
    figures::keep_own_allocations(&mut before.snapshot);
    figures::keep_own_allocations(&mut after.snapshot);
    let comparison = compare::compare(&before.snapshot, &after.snapshot)?;
    if let Some(note) = compare::note(&comparison) {
        output::status("note", &note);
    }
    let mut all = match arguments.by {
        By::Line => compare::lines(comparison),
        By::Function => comparison.into_iter().map(|it| it.function).collect(),
    };
    arguments.functions.choose(&mut all, |change| &change.function)?;
    write(&Ranking::of(all, measure, arguments.top), arguments)?;
    Ok(Outcome::Done)
}

/// The figure to compare. The lines' own bytes need no callee left out, so they are the default.
fn measure(asked: Option<Measure>, before: &Snapshot, after: &Snapshot) -> Result<Measure> {
    let has_own = before.paths.is_some() && after.paths.is_some();
    match asked {
        Some(measure @ (Measure::Increment | Measure::Peak)) => Ok(measure),
        Some(measure) if has_own => Ok(measure),
        Some(_) => bail!(
            "a recording does not say which lines hold the memory: record both with \
             MEM_PROFILE_LIVE=1, or choose another figure with --measure"
        ),
        None if has_own => Ok(Measure::AtPeak),
        None => Ok(Measure::Increment),
    }
}

fn write(ranking: &Ranking, arguments: &Arguments) -> Result<()> {
    let target = arguments.destination.target();
    let style = arguments.sizes.style(&target);
    match arguments.destination.format(arguments.format, Format::Text, Format::extension) {
        Format::Text => target.write_text(&comparison::text(ranking, &style)),
        Format::Markdown => target.write(comparison::markdown(ranking, &style).as_bytes()),
        Format::Json => target.write(comparison::json(ranking).as_bytes()),
        Format::Csv => target.write(comparison::csv(ranking).as_bytes()),
    }
}
