//! `graph waste`: what containers have reserved and do not use.

use anyhow::Result;
use clap::Args;
use mem_profile_graph::{FieldWaste, Pattern, Rows, Waste};
use serde::Serialize;

use super::captured::{Captured, Listed};
use crate::outcome::Outcome;
use crate::view::heap;

/// List the fields whose containers have reserved most that they do not use
///
/// They are `Vec`, `String`, `VecDeque`, `HashMap` and `HashSet` whose types are known, which takes full debug
/// information. Each buffer counts once, so the figures may be added up.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    captured: Captured,
    /// Only containers whose type matches: `*` and `?` as in a shell
    #[arg(long = "type", value_name = "GLOB")]
    kind: Option<String>,
    #[command(flatten)]
    listed: Listed,
}

/// All containers, and the fields that are listed.
#[derive(Serialize)]
struct Answer {
    containers: u64,
    reserved: u64,
    used: u64,
    #[serde(flatten)]
    fields: Rows<FieldWaste>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    let (graph, notes) = arguments.captured.load_with_notes()?;
    let waste = graph.waste();
    let kind = arguments.kind.as_deref().map(Pattern::new);
    let fields = waste.list(kind.as_ref(), arguments.listed.top());
    let Waste { containers, reserved, used, .. } = waste;
    let answer = Answer { containers, reserved, used, fields };
    arguments.listed.write(&notes, &answer, |answer| heap::waste(&waste, &answer.fields))?;
    Ok(Outcome::Done)
}
