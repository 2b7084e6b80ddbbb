//! `flame`: draws a flame graph of a recording.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::options::{self, Shown};
use crate::figures::Measure;
use crate::outcome::Outcome;
use crate::recording;
use crate::view::flame;

/// Draw a recording as a flame graph of functions and their lines
///
/// The picture is an SVG. Lines that only call another measured function are left out, so that the
/// widths add up.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The recording
    file: PathBuf,
    /// Figure that sets the widths
    #[arg(long, value_enum, default_value_t = Measure::Increment)]
    measure: Measure,
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
