//! `diff`: compares two recordings, or two accounts.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use mem_profile_account::Diff;
use mem_profile_format::{Snapshot, report};

use super::options::{Destination, Functions, Sizes};
use super::sampling::file_name;
use crate::compare::{self, Ranking};
use crate::figures::{self, Measure};
use crate::input::Input;
use crate::outcome::Outcome;
use crate::output;
use crate::view::comparison;
use crate::{recording, resident};

/// Compare two recordings, largest growth first, or two accounts of a resident set
///
/// Lines are matched by the path of their function and their source text, even if they moved. An
/// edited line is matched by its position between unchanged lines. Accounts, which
/// `account --json` writes, are compared class by class.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Recording or account to compare with
    before: PathBuf,
    /// Recording or account that may have grown
    after: PathBuf,
    /// Compare lines or functions [default: line]
    #[arg(long, value_enum)]
    by: Option<By>,
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
  cargo mem-profile diff main.mprof branch.mprof --format markdown >> comment.md
  cargo mem-profile diff before.json after.json --output growth.html";

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
    /// One row per change of recordings; sizes in bytes
    Csv,
    /// One self-contained page, of accounts
    Html,
}

impl Format {
    fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Markdown => "md",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Html => "html",
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let paths = [&*arguments.before, &*arguments.after];
    let [mut before, mut after] = [Input::open(paths[0])?, Input::open(paths[1])?];
    let accounts =
        (resident::saved(paths[0], &mut before)?, resident::saved(paths[1], &mut after)?);
    match accounts {
        (Some(before), Some(after)) => return write_accounts(&after.diff(&before), arguments),
        (None, None) => {}
        _ => bail!("an account is compared with an account: `account --json` writes one"),
    }
    let mut before = recording::read(paths[0], before)?;
    let mut after = recording::read(paths[1], after)?;
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
        None | Some(By::Line) => compare::lines(comparison),
        Some(By::Function) => comparison.into_iter().map(|it| it.function).collect(),
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
        Format::Html => bail!(
            "recordings have no page of their changes: use --format markdown, or `report --format html` for each"
        ),
    }
}

fn write_accounts(diff: &Diff, arguments: &Arguments) -> Result<Outcome> {
    let Arguments { by, measure, top, functions, .. } = arguments;
    if by.is_some() || measure.is_some() || top.is_some() || functions.are_chosen() {
        bail!(
            "accounts are compared class by class: leave out --by, --measure, --top and --function"
        );
    }
    let target = arguments.destination.target();
    match arguments.destination.format(arguments.format, Format::Text, Format::extension) {
        Format::Text => target.write_text(&diff.text())?,
        Format::Markdown => target.write(diff.markdown().as_bytes())?,
        Format::Json => {
            let json = serde_json::to_string(diff).context("cannot write JSON")?;
            target.write((report::json_printable(&json) + "\n").as_bytes())?;
        }
        Format::Csv => bail!("changes of accounts have no CSV: use --format json"),
        Format::Html => {
            let name = |path: &Path| file_name(&path.to_string_lossy()).to_owned();
            let title = format!("{} → {}", name(&arguments.before), name(&arguments.after));
            target.write(diff.html(&title).as_bytes())?;
        }
    }
    Ok(Outcome::Done)
}
