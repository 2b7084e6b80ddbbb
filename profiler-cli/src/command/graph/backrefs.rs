//! `graph backrefs`: who holds blocks.

use anyhow::Result;
use clap::Args;
use mem_profile_graph::HeapGraph;

use super::picture::Drawn;
use crate::outcome::Outcome;
use crate::view::heap::Direction;

/// Draw who holds blocks, out to statics and stacks, as a tree, an SVG or a graph for Graphviz
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    drawn: Drawn,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile graph backrefs app.mheap Session
  cargo mem-profile graph backrefs app.mheap src/main.rs:12 --too-many 40 --output session.svg";

pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    arguments.drawn.draw(HeapGraph::backrefs, Direction::Up)
}
