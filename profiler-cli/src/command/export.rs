//! `export`: converts a recording to the formats of other tools.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};

use super::options::Destination;
use crate::figures::Own;
use crate::outcome::Outcome;
use crate::recording;
use crate::view::{folded, pprof, speedscope};

/// Convert a recording to the format of another tool
///
/// Each block is at the line that allocated it, below its callers, so the figures add up to the memory of the
/// process.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The recording
    file: PathBuf,
    /// Format to write
    #[arg(long, value_enum)]
    format: Format,
    /// Figure of folded stacks; the other formats contain all figures, and show this one first
    #[arg(long, value_enum, default_value_t = Own::AtPeak)]
    measure: Own,
    #[command(flatten)]
    destination: Destination,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile export run.mprof --format pprof --output run.pb
  go tool pprof -top -lines run.pb
  cargo mem-profile export run.mprof --format folded --measure live | inferno-flamegraph > run.svg
  cargo mem-profile export run.mprof --format speedscope --output run.speedscope.json";

/// Format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Binary, for `go tool pprof`
    Pprof,
    /// One line per stack (functions and their lines, then the figure), for flame-graph tools
    Folded,
    /// JSON for speedscope.app
    Speedscope,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let recording = recording::load(&arguments.file)?;
    recording.warn(&arguments.file);
    recording.warn_of_functions();
    let (snapshot, measure) = (&recording.snapshot, arguments.measure);
    let target = arguments.destination.target();
    match arguments.format {
        Format::Pprof => target.write_binary(&pprof::render(snapshot, measure)?)?,
        Format::Folded => target.write(folded::render(snapshot, measure)?.as_bytes())?,
        Format::Speedscope => target.write(speedscope::render(snapshot, measure)?.as_bytes())?,
    }
    Ok(recording.outcome())
}
