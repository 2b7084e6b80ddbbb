//! `report`: shows a recording.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use mem_profile_format::Snapshot;
use mem_profile_format::report::{self, Selection, Style, Top};

use super::options::{Functions, Shown, Sizes};
use crate::order::Order;
use crate::outcome::Outcome;
use crate::output::{self, Target};
use crate::project;
use crate::recording::{self, Recording};
use crate::runs::Runs;
use crate::view::html;

/// Most tables in an order that says nothing of the peak.
const MOST: usize = 10;

/// Show a recording: the lines that held the peak, and a table per function
///
/// The text shows the hottest functions first, up to 95 % of the peak and at most ten. JSON, CSV, lcov and
/// the page have all functions, by file and line. With `--sort`, a function comes first for what its own
/// lines allocated, not for what they called, if the recording has live blocks.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The recording [default: the newest that `run` has made of this project]
    file: Option<PathBuf>,
    /// Format of the report [default: by the extension of --output, else text]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Sort the functions by [default: hot for text, Markdown and --top, else position]
    #[arg(long, value_enum)]
    sort: Option<Order>,
    /// Show this many functions, the first in the order, or `all` [default: for text and Markdown those
    /// that hold 95 % of the peak, at most 10; else all]
    #[arg(
        long,
        value_name = "NUMBER",
        env = "MEM_PROFILE_TOP",
        hide_env_values = true,
        value_parser = top
    )]
    top: Option<Top>,
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

    /// Whether it has a summary, and the hottest functions only.
    fn is_for_people(self) -> bool {
        matches!(self, Self::Text | Self::Markdown)
    }
}

fn top(text: &str) -> Result<Top, String> {
    Top::parse(text).ok_or_else(|| "neither a number nor `all`".to_owned())
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let file = arguments.file.clone().map_or_else(newest, Ok)?;
    let mut recording = recording::load(&file)?;
    recording.warn(&file);
    let destination = &arguments.shown.destination;
    let format = destination.format(arguments.format, Format::Text, Format::extension);
    let target = arguments.shown.target(format.extension());
    let has_ended = recording.incomplete.is_none();
    let style = Style { has_ended, ..arguments.sizes.style(&target) };
    let selection = select(&recording.snapshot, arguments, format)?;
    if !format.is_for_people() {
        keep(&mut recording.snapshot, &selection);
    }
    write(&recording, &selection, format, &target, &style)?;
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

/// The functions that are shown, in their order.
fn select(snapshot: &Snapshot, arguments: &Arguments, format: Format) -> Result<Selection> {
    let mut chosen: Vec<_> = snapshot.functions.iter().enumerate().collect();
    arguments.functions.choose(&mut chosen, |(_, function)| &function.name)?;
    let mut functions: Vec<_> = chosen.into_iter().map(|(index, _)| index).collect();
    let is_hot = format.is_for_people() || arguments.top.is_some();
    let order = arguments.sort.unwrap_or(if is_hot { Order::Hot } else { Order::Position });
    order.sort(&mut functions, snapshot);
    let top = match arguments.top {
        Some(top) => top,
        None if !format.is_for_people() => Top::All,
        None if order == Order::Hot => Top::Hot,
        None => Top::First(MOST),
    };
    Ok(Selection::first(functions, top, snapshot))
}

/// Leaves the selected functions in the snapshot, in their order.
fn keep(snapshot: &mut Snapshot, selection: &Selection) {
    let (shown, of) = (selection.functions.len(), selection.of);
    if shown < of {
        output::status("note", &format!("{shown} of {of} functions are shown"));
    }
    snapshot.choose_functions(&selection.functions);
}

fn write(
    recording: &Recording,
    selection: &Selection,
    format: Format,
    target: &Target,
    style: &Style,
) -> Result<()> {
    let render = |format| report::render_selection(&recording.snapshot, selection, format, style);
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
