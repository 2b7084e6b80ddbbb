//! `report`: shows a recording.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use mem_profile_format::Snapshot;
use mem_profile_format::report::{self, Style};

use super::options::{self, Functions, Shown, Sizes};
use crate::figures::Order;
use crate::outcome::Outcome;
use crate::output::{self, Target};
use crate::project;
use crate::recording::{self, Recording};
use crate::runs::Runs;
use crate::view::html;

/// Show a recording: a table per function, line by line
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The recording [default: the newest that `run` has made of this project]
    file: Option<PathBuf>,
    /// Format of the report [default: by the extension of --output, else text]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Sort the functions by [default: position, or increment with --top]
    #[arg(long, value_enum)]
    sort: Option<Order>,
    /// Show only this many functions, the first in the order
    #[arg(long, value_name = "NUMBER")]
    top: Option<usize>,
    #[command(flatten)]
    functions: Functions,
    #[command(flatten)]
    sizes: Sizes,
    #[command(flatten)]
    shown: Shown,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile report
  cargo mem-profile report run.mprof
  cargo mem-profile report run.mprof --top 3 --unit auto
  cargo mem-profile report run.mprof --function 'my_app::parse::*,!*::tests::*'
  cargo mem-profile report run.mprof --output report.html --open
  cargo mem-profile report run.mprof --format lcov --output lcov.info";

/// Format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Tables as text
    Text,
    /// A heading and a table per function
    Markdown,
    /// Everything; sizes in bytes
    Json,
    /// One row per line; sizes in bytes
    Csv,
    /// Occurrences of each line, for editors that show coverage
    Lcov,
    /// One self-contained page
    Html,
}

impl Format {
    fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Markdown => "md",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Lcov => "info",
            Self::Html => "html",
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let file = arguments.file.clone().map_or_else(newest, Ok)?;
    let mut recording = recording::load(&file)?;
    recording.warn(&file);
    select(&mut recording.snapshot, arguments)?;
    let file = arguments.shown.destination.output.as_deref();
    let asked = arguments.format.or_else(|| options::of_ending(file?, Format::extension));
    let format = asked.unwrap_or(Format::Text);
    let target = arguments.shown.target(format.extension());
    if asked.is_none() {
        options::warn_of_name(&target, "text", &["txt"]);
    }
    write(&recording, format, &target, &arguments.sizes.style(&target))?;
    arguments.shown.show(&target);
    Ok(recording.outcome())
}

/// The newest recording that `run` has made of the project in this folder.
fn newest() -> Result<PathBuf> {
    let target = project::target_folder();
    let target = target.context("no recording is named, and this folder is not in a project")?;
    let newest = Runs::of(&target).newest();
    let newest = newest.context(
        "there is no recording of this project: make one with `cargo mem-profile run`, or name a file",
    )?;
    // A short name for what is in this folder.
    let here = std::env::current_dir().unwrap_or_default();
    let newest = newest.strip_prefix(here).map(PathBuf::from).unwrap_or(newest);
    output::status("note", &format!("showing the newest recording, {}", newest.display()));
    Ok(newest)
}

/// Keeps the selected functions, in their order.
fn select(snapshot: &mut Snapshot, arguments: &Arguments) -> Result<()> {
    let names = snapshot.functions.iter().map(|function| function.name.clone());
    let mut chosen: Vec<_> = names.enumerate().collect();
    arguments.functions.choose(&mut chosen, |(_, name)| name)?;
    snapshot.choose_functions(&chosen.into_iter().map(|(at, _)| at).collect::<Vec<_>>());
    let default = if arguments.top.is_some() { Order::Increment } else { Order::Position };
    arguments.sort.unwrap_or(default).sort(snapshot);
    let matching = snapshot.functions.len();
    let shown = arguments.top.unwrap_or(matching).min(matching);
    if shown < matching {
        snapshot.choose_functions(&(0..shown).collect::<Vec<_>>());
        output::status("note", &format!("{shown} of {matching} functions are shown"));
    }
    Ok(())
}

fn write(recording: &Recording, format: Format, target: &Target, style: &Style) -> Result<()> {
    let render = |format| report::render(&recording.snapshot, format, style);
    match format {
        Format::Text => {
            let banner = banner(recording, report::printable);
            target.write_text(&(banner + &render(report::Format::Table)))
        }
        Format::Markdown => {
            let banner = banner(recording, report::markdown_prose);
            target.write((banner + &render(report::Format::Markdown)).as_bytes())
        }
        Format::Json => {
            let json = report::json_printable(&serde_json::to_string(recording)?);
            target.write((json + "\n").as_bytes())
        }
        Format::Csv => target.write(render(report::Format::Csv).as_bytes()),
        Format::Lcov => target.write(render(report::Format::Lcov).as_bytes()),
        Format::Html => target.write(html::render(recording).as_bytes()),
    }
}

/// The heading of incomplete figures.
fn banner(recording: &Recording, shown: fn(&str) -> String) -> String {
    let incomplete = recording.incomplete.as_ref();
    incomplete.map_or_else(String::new, |it| format!("INCOMPLETE: {}\n\n", shown(&it.reason)))
}
