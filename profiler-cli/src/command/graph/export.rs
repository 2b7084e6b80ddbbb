//! `graph export`: a captured heap in the format of another tool.

use std::io::{self, Write};

use anyhow::Result;
use clap::{Args, ValueEnum};
use mem_profile_graph::export;

use super::captured::Captured;
use crate::command::options::Destination;
use crate::outcome::Outcome;

/// Convert a captured heap to the format of another tool
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    captured: Captured,
    /// Format to write
    #[arg(long, value_enum)]
    format: Format,
    #[command(flatten)]
    destination: Destination,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile graph export app.mheap --format heapsnapshot --output app.heapsnapshot
  cargo mem-profile graph export app.mheap --format pprof --output app.pb && go tool pprof -top app.pb
  cargo mem-profile graph export app.mheap --format jsonl | jq 'select(.size > 1048576)'";

/// Format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For the memory panel of Chrome, and memlab
    Heapsnapshot,
    /// Who alone holds what, for `go tool pprof`
    Pprof,
    /// All blocks and pointers, for Graphviz; `backrefs` draws a picture to look at
    Dot,
    /// A line of JSON for each place, block and pointer, for whoever wants to query them
    #[value(alias = "json")]
    Jsonl,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    let target = arguments.destination.target();
    if arguments.format == Format::Pprof {
        target.refuse_terminal()?;
    }
    let (graph, _) = arguments.captured.load_with_notes()?;
    let write = |mut out: &mut dyn Write| -> io::Result<()> {
        match arguments.format {
            Format::Heapsnapshot => export::heapsnapshot(&graph, &mut out),
            Format::Pprof => export::pprof(&graph, &mut out),
            Format::Dot => export::dot(&graph, &mut out),
            Format::Jsonl => export::jsonl(&graph, &mut out),
        }
    };
    target.write_with(write)?;
    Ok(Outcome::Done)
}
