//! `graph types`: the types of most bytes.

use anyhow::Result;
use clap::Args;

use super::captured::List;
use crate::outcome::Outcome;
use crate::view::heap;

/// List the types of most bytes, with what they retain
///
/// A type retains its own blocks and all that would be free without them. Blocks of several types may retain the
/// same ones, so do not add these figures up.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    list: List,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    let List { captured, only, listed } = &arguments.list;
    let (graph, notes) = captured.load_with_notes()?;
    let types = graph.list_types(&only.filter(), listed.top());
    listed.write(&notes, &types, heap::types)?;
    Ok(Outcome::Done)
}
