//! `graph refs`: what blocks hold.

use anyhow::Result;
use clap::Args;
use mem_profile_graph::HeapGraph;

use super::picture::Drawn;
use crate::outcome::Outcome;
use crate::view::heap::Direction;

/// Draw what blocks hold, as a tree, an SVG or a graph for Graphviz
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    drawn: Drawn,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile graph refs app.mheap Session
  cargo mem-profile graph refs app.mheap 'Vec<Session>' --depth 3 --output session.svg";

pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    arguments.drawn.draw(HeapGraph::refs, Direction::Down)
}
