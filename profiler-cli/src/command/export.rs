//! `export`: converts a recording to the formats of other tools.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};

use super::options::Destination;
use crate::figures::Measure;
use crate::outcome::Outcome;
use crate::recording;
use crate::view::{folded, pprof, speedscope};

/// Convert a recording to the format of another tool
///
/// As in the tables, a line that calls another measured function includes the figures of that
/// function.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The recording
    file: PathBuf,
    /// Format to write
    #[arg(long, value_enum)]
    format: Format,
    /// Figure of folded stacks; the other formats contain all figures, and show this one first
    #[arg(long, value_enum, default_value_t = Measure::Increment)]
    measure: Measure,
    #[command(flatten)]
    destination: Destination,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile export run.mprof --format pprof --output run.pb
  go tool pprof -top -lines run.pb
  cargo mem-profile export run.mprof --format folded --measure peak | inferno-flamegraph > run.svg
  cargo mem-profile export run.mprof --format speedscope --output run.speedscope.json";

/// Format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Binary, for `go tool pprof`
    Pprof,
    /// One line per source line (function, line, figure), for flame-graph tools
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
        Format::Pprof => target.write_binary(&pprof::render(snapshot, measure))?,
        Format::Folded => target.write(folded::render(snapshot, measure).as_bytes())?,
        Format::Speedscope => target.write(speedscope::render(snapshot, measure).as_bytes())?,
    }
    Ok(recording.outcome())
}
