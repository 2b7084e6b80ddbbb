//! `graph cycles`: blocks that hold each other.

use anyhow::Result;
use clap::Args;
use mem_profile_graph::Pattern;

use super::captured::{Captured, Listed};
use crate::outcome::Outcome;
use crate::view::heap;

/// List blocks that hold each other, lost cycles first
///
/// A cycle that is held is no leak. Equal cycles are one row.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    captured: Captured,
    /// Only cycles with a type whose name matches: `*` and `?` as in a shell
    #[arg(long = "type", value_name = "GLOB")]
    kind: Option<String>,
    #[command(flatten)]
    listed: Listed,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    let (graph, notes) = arguments.captured.load_with_notes()?;
    let kind = arguments.kind.as_deref().map(Pattern::new);
    let cycles = graph.list_cycles(kind.as_ref(), arguments.listed.top());
    let nothing = if arguments.kind.is_some() { "no cycle matches" } else { "there are no cycles" };
    arguments.listed.write(&notes, &cycles, |cycles| heap::rows(cycles, nothing))?;
    Ok(Outcome::Done)
}
