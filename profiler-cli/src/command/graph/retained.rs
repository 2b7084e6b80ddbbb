//! `graph retained`: what would be free without a block.

use anyhow::Result;
use clap::Args;

use super::captured::List;
use crate::outcome::Outcome;
use crate::view::heap;

/// List the blocks that hold most by themselves
///
/// None of them holds another one, so their figures may be added up.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    list: List,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    let List { captured, only, listed } = &arguments.list;
    let (graph, notes) = captured.load_with_notes()?;
    let retainers = graph.list_retainers(&only.filter(), listed.top());
    let nothing = if only.is_some() { "no block matches" } else { "there are no blocks" };
    listed.write(&notes, &retainers, |retainers| heap::rows(retainers, nothing))?;
    Ok(Outcome::Done)
}
