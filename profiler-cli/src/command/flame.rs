//! `flame`: draws a flame graph of a recording.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::options::{self, Shown};
use crate::figures::Own;
use crate::outcome::Outcome;
use crate::recording;
use crate::view::flame;

/// Draw a recording as a flame graph of functions and their lines
///
/// The picture is an SVG: callers below, lines on top. Each block is at the line that allocated it, so the
/// widths add up to the memory of the process. A browser shows it with a search and a zoom.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The recording
    file: PathBuf,
    /// Figure that sets the widths
    #[arg(long, value_enum, default_value_t = Own::AtPeak)]
    measure: Own,
    #[command(flatten)]
    shown: Shown,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile flame run.mprof --open
  cargo mem-profile flame run.mprof --measure allocated --output run.svg";

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let recording = recording::load(&arguments.file)?;
    recording.warn(&arguments.file);
    recording.warn_of_functions();
    let picture = flame::render(&recording.snapshot, arguments.measure)?;
    let target = arguments.shown.target("svg");
    options::warn_of_name(&target, "SVG", &["svg"]);
    target.write(picture.as_bytes())?;
    arguments.shown.show(&target);
    Ok(recording.outcome())
}
