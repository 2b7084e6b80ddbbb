//! `graph duplicates`: blocks of equal contents.

use anyhow::{Context, Result};
use clap::Args;

use super::captured::List;
use crate::outcome::Outcome;
use crate::view::heap;

/// List blocks of equal contents, by type and place, with what sharing them would spare
///
/// The capture needs hashes of contents: `graph run --duplicates` writes them, and so does `Config::duplicates(true)`.
/// Bytes may be added up: of equal blocks, one is no copy.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    list: List,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    let List { captured, only, listed } = &arguments.list;
    let (graph, notes) = captured.load_with_notes()?;
    let found = graph.list_duplicates(&only.filter(), listed.top());
    let found = found.with_context(|| {
        let path = captured.file.display();
        format!("{path} has no hashes of contents: capture with `graph run --duplicates`, or `Config::duplicates(true)`")
    })?;
    let nothing =
        if only.is_some() { "no copy matches" } else { "no block is a copy of another one" };
    listed.write(&notes, &found, |found| heap::rows(found, nothing))?;
    Ok(Outcome::Done)
}
