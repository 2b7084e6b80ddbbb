//! `graph duplicates`: blocks of equal contents.

use anyhow::{Context, Result};
use clap::Args;

use super::captured::{Captured, Listed, Only};
use crate::outcome::Outcome;
use crate::view::heap;

/// List blocks of equal contents, by type and place, with what sharing them would spare
///
/// The capture needs hashes of contents: `graph run --duplicates` writes them, and so does `Config::duplicates(true)`.
/// Bytes may be added up: of equal blocks, one is no copy.
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
    let found = graph.list_duplicates(&arguments.only.filter(), arguments.listed.top());
    let found = found.with_context(|| {
        let path = arguments.captured.file.display();
        format!("{path} has no hashes of contents: capture with `graph run --duplicates`, or `Config::duplicates(true)`")
    })?;
    let nothing = if arguments.only.is_some() {
        "no copy matches"
    } else {
        "no block is a copy of another one"
    };
    arguments.listed.write(&notes, &found, |found| heap::rows(found, nothing))?;
    Ok(Outcome::Done)
}
