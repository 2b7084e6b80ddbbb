//! `graph retained`: what would be free without a block.

use anyhow::Result;
use clap::Args;

use super::captured::{Captured, Listed, Only};
use crate::outcome::Outcome;
use crate::view::heap;

/// List the blocks that hold most by themselves
///
/// None of them holds another one, so their figures may be added up.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    captured: Captured,
    #[command(flatten)]
    only: Only,
    #[command(flatten)]
    listed: Listed,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    let (graph, notes) = arguments.captured.load_with_notes()?;
    let retainers = graph.list_retainers(&arguments.only.filter(), arguments.listed.top());
    let nothing = if arguments.only.is_some() { "no block matches" } else { "there are no blocks" };
    arguments.listed.write(&notes, &retainers, |retainers| heap::rows(retainers, nothing))?;
    Ok(Outcome::Done)
}
