//! Options and output of pictures: `refs` and `backrefs`.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use mem_profile_graph::{HeapGraph, Limits, Picture, Selection};

use super::captured::{Captured, write_json};
use super::why::find;
use crate::outcome::Outcome;
use crate::output::Target;
use crate::view::heap::{self, Direction};

#[derive(Args)]
pub(super) struct Drawn {
    #[command(flatten)]
    captured: Captured,
    /// Which blocks: a type, the line that allocated them, or an address in one
    #[arg(value_name = "TYPE|FILE:LINE|ADDRESS")]
    blocks: String,
    /// Steps from these blocks
    #[arg(long, value_name = "NUMBER", default_value_t = Limits::default().depth)]
    depth: usize,
    /// Nodes of blocks in the picture; the others are counted where they are left out
    #[arg(long, value_name = "NUMBER", default_value_t = Limits::default().nodes)]
    too_many: usize,
    /// Write JSON
    #[arg(long, conflicts_with = "output")]
    json: bool,
    /// Write the picture to this file, which ends in .svg or .dot [default: a tree on standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Drawn {
    /// Draws what `picture` makes of the blocks.
    ///
    /// # Errors
    /// If there are no such blocks, the file has another ending, or it cannot be written.
    pub(super) fn draw(
        &self,
        picture: fn(&HeapGraph, &Selection, Limits) -> Picture,
        direction: Direction,
    ) -> Result<Outcome> {
        let ending = self.output.as_ref().map(|path| path.extension().unwrap_or_default());
        if ending.is_some_and(|ending| ending != "svg" && ending != "dot") {
            bail!("a picture is an SVG or for Graphviz: name a file that ends in .svg or .dot");
        }
        let (graph, notes) = self.captured.load_with_notes()?;
        let blocks = find(&graph, &self.blocks)?;
        let limits = Limits { depth: self.depth, nodes: self.too_many };
        let picture = picture(&graph, &blocks, limits);
        match &self.output {
            None if self.json => write_json(&notes, &picture)?,
            None => Target::Stdout.write_text(&heap::tree(&picture, direction))?,
            Some(path) => {
                let drawn = match path.extension().is_some_and(|ending| ending == "svg") {
                    true => picture.svg().context("cannot draw the picture")?,
                    false => picture.dot(),
                };
                Target::File(path.clone()).write(drawn.as_bytes())?;
            }
        }
        Ok(Outcome::Done)
    }
}
