//! `graph leaks`: what nothing holds.

use anyhow::Result;
use clap::Args;

use super::captured::List;
use crate::outcome::Outcome;
use crate::view::heap;

/// List lost memory: blocks that nothing leads to
///
/// Blocks of one type that were allocated at one place are one row. Each retains what it alone holds; what several of
/// them hold comes last. Memory that only unseen memory holds is not lost: `report` says how much that is.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    list: List,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    let List { captured, only, listed } = &arguments.list;
    let (graph, notes) = captured.load_with_notes()?;
    let leaks = graph.list_leaks(&only.filter(), listed.top());
    let nothing = if only.is_some() { "no lost block matches" } else { "nothing is lost" };
    listed.write(&notes, &leaks, |leaks| heap::rows(leaks, nothing))?;
    Ok(Outcome::Done)
}
