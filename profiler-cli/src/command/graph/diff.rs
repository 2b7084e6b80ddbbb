//! `graph diff`: what has grown from one captured heap to another.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use mem_profile_graph::{By, Growth, Pattern, Rows};
use serde::Serialize;

use super::captured::{Listed, Notes, Reading};
use crate::outcome::Outcome;
use crate::view::heap;

/// Compare two captured heaps, by type and by place, the most grown first
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The older captured heap
    old: PathBuf,
    /// The newer one
    new: PathBuf,
    /// Only types whose name matches: `*` and `?` as in a shell
    #[arg(long = "type", value_name = "GLOB")]
    kind: Option<String>,
    /// Only matching places, such as `src/main.rs:12`
    #[arg(long, value_name = "GLOB")]
    site: Option<String>,
    #[command(flatten)]
    listed: Listed,
    #[command(flatten)]
    reading: Reading,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile graph diff before.mheap after.mheap
  cargo mem-profile graph diff before.mheap after.mheap --type 'Vec<*>' --top 5";

/// The growth between two captures.
#[derive(Serialize)]
struct Answer {
    types: Rows<Growth>,
    sites: Rows<Growth>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    let [old, new] = [&arguments.old, &arguments.new].map(|path| arguments.reading.load(path));
    let (old, new) = (old?, new?);
    let notes = [(&old, &arguments.old), (&new, &arguments.new)].map(|(graph, path)| {
        graph.notes().into_iter().map(|note| format!("{}: {note}", path.display()))
    });
    let notes = Notes::said(notes.into_iter().flatten().collect());
    let grown = |by, wanted: &Option<String>| {
        let wanted = wanted.as_deref().map(Pattern::new);
        new.list_growth(&old, by, wanted.as_ref(), arguments.listed.top())
    };
    let answer =
        Answer { types: grown(By::Type, &arguments.kind), sites: grown(By::Site, &arguments.site) };
    arguments.listed.write(&notes, &answer, |answer| heap::growth(&answer.types, &answer.sites))?;
    Ok(Outcome::Done)
}
