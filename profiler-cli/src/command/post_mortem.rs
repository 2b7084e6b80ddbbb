//! `post-mortem`: says how the last run ended that a flight recorder has recorded.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use mem_profile_format::report;
use mem_profile_monitor::last_run;

use super::options::Shown;
use crate::outcome::Outcome;

/// Say how the last run of a program ended, and which lines held its memory
///
/// Reads what a monitor with `record_dir` or MEM_PROFILE_FLIGHT has written. Where the program runs again, that is
/// the run before.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Folder of the flight recorder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Format [default: by the extension of --output, else text]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,
    #[command(flatten)]
    shown: Shown,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile post-mortem /var/lib/app/flight
  cargo mem-profile post-mortem /var/lib/app/flight --output killed.html --open";

/// Format of the last run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// How it ended, its curve, and the lines
    Text,
    /// Everything; sizes in bytes, times in seconds
    Json,
    /// One self-contained page
    Html,
}

impl Format {
    fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Json => "json",
            Self::Html => "html",
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let folder = &arguments.folder;
    let asked = arguments.format.or(arguments.json.then_some(Format::Json));
    let format = arguments.shown.destination.format(asked, Format::Text, Format::extension);
    let target = arguments.shown.target(format.extension());
    let cannot =
        || format!("cannot read the recording of a flight recorder in {}", folder.display());
    let run = last_run(folder).with_context(cannot)?;
    match format {
        Format::Text => target.write_text(&run.text())?,
        Format::Json => {
            let json = serde_json::to_string(&run).context("cannot write JSON")?;
            target.write((report::json_printable(&json) + "\n").as_bytes())?;
        }
        Format::Html => target.write(run.html().as_bytes())?,
    }
    arguments.shown.show(&target);
    Ok(Outcome::Done)
}
