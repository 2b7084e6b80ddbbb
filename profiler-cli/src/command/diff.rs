//! `diff`: what changed between two recordings.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};

use super::options::{self, Destination, Functions, Sizes};
use crate::compare::{self, Ranking};
use crate::figures::Measure;
use crate::outcome::Outcome;
use crate::output;
use crate::recording;
use crate::view::comparison;

/// Compare two recordings, the most grown first
///
/// A line is found again by the path of its function and its source text, wherever it moved to;
/// an edited line by its position between lines that stayed.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The recording to compare with
    before: PathBuf,
    /// The recording that may have grown
    after: PathBuf,
    /// What is compared
    #[arg(long, value_enum, default_value_t = By::Line)]
    by: By,
    /// Which figure
    #[arg(long, value_enum, default_value_t = Measure::Increment)]
    measure: Measure,
    /// Only so many, the most grown
    #[arg(long, value_name = "NUMBER")]
    top: Option<usize>,
    #[command(flatten)]
    functions: Functions,
    /// What the comparison is written as; without it, what the ending of --output says, else text
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

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum By {
    /// Lines
    Line,
    /// Functions
    Function,
}

/// What a comparison is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table for people
    Text,
    /// A table for pages
    Markdown,
    /// All figures, sizes in bytes
    Json,
    /// One row per change, sizes in bytes
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
    let before = recording::load(&arguments.before)?;
    let after = recording::load(&arguments.after)?;
    for (recording, path) in [(&before, &arguments.before), (&after, &arguments.after)] {
        recording.warn(path);
    }
    let comparison = compare::compare(&before.snapshot, &after.snapshot)?;
    if let Some(note) = compare::note(&comparison) {
        output::complain("note", &note);
    }
    let mut all = match arguments.by {
        By::Line => compare::lines(comparison),
        By::Function => comparison.into_iter().map(|it| it.function).collect(),
    };
    arguments.functions.choose(&mut all, |change| &change.function)?;
    write(&Ranking::of(all, arguments.measure, arguments.top), arguments)?;
    Ok(Outcome::Done)
}

fn write(ranking: &Ranking, arguments: &Arguments) -> Result<()> {
    let target = arguments.destination.target();
    let style = arguments.sizes.style(&target);
    let asked = arguments.format.or_else(|| {
        options::of_ending(arguments.destination.output.as_deref()?, Format::extension)
    });
    if asked.is_none() {
        options::warn_of_name(&target, "text", &["txt"]);
    }
    match asked.unwrap_or(Format::Text) {
        Format::Text => target.write_text(&comparison::text(ranking, &style)),
        Format::Markdown => target.write(comparison::markdown(ranking, &style).as_bytes()),
        Format::Json => target.write(comparison::json(ranking).as_bytes()),
        Format::Csv => target.write(comparison::csv(ranking).as_bytes()),
    }
}
