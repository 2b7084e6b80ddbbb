//! `graph report`: what a captured heap is about, in a page.

use anyhow::Result;
use clap::{Args, ValueEnum};
use mem_profile_format::report::Top;

use super::captured::{Captured, json, rows, top};
use crate::command::options::Shown;
use crate::outcome::Outcome;

/// Show a captured heap: what retains most of it and who holds that, types, leaks and cycles
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    captured: Captured,
    /// Format of the report [default: by the extension of --output, else text]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Show this many rows of each list, or `all` [default: 10; all with JSON]
    #[arg(long, value_name = "NUMBER", value_parser = top)]
    top: Option<Top>,
    #[command(flatten)]
    shown: Shown,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile graph report app.mheap
  cargo mem-profile graph report app.mheap --output heap.html --open
  cargo mem-profile graph report app.mheap --format markdown >> issue.md";

/// Rows of each list for people.
const MOST: usize = 10;
/// Boxes of the map of a page, which so has less than a megabyte.
const BOXES: usize = 3_000;

/// Format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal
    Text,
    /// For an issue or a pull request
    Markdown,
    /// A page with a map of who alone holds what
    Html,
    /// Everything; sizes in bytes
    Json,
}

impl Format {
    fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Markdown => "md",
            Self::Html => "html",
            Self::Json => "json",
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    let graph = arguments.captured.load()?;
    let destination = &arguments.shown.destination;
    let format = destination.format(arguments.format, Format::Text, Format::extension);
    let target = arguments.shown.target(format.extension());
    let most = if format == Format::Json { usize::MAX } else { MOST };
    let report = graph.report(rows(arguments.top, most));
    match format {
        Format::Text => target.write_text(&report.text())?,
        Format::Markdown => target.write(report.markdown().as_bytes())?,
        Format::Html => {
            target.write(report.html(&graph.retained_tree(BOXES)).as_bytes())?;
        }
        Format::Json => target.write(json(&report)?.as_bytes())?,
    }
    arguments.shown.show(&target);
    Ok(Outcome::Done)
}
