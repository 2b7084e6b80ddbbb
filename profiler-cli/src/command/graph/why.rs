//! `graph why`: chains from a root to blocks.

use anyhow::{Result, bail};
use clap::Args;
use mem_profile_format::report;
use mem_profile_graph::{Chain, HeapGraph, Pattern, Selection, Sum};
use serde::Serialize;

use super::captured::{Captured, Listed};
use crate::outcome::Outcome;
use crate::view::heap;

/// Say why blocks are alive: the shortest way from a static, a thread-local or a stack to each
///
/// Equal ways are one row, the one with the most bytes first.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    captured: Captured,
    /// Which blocks: a type, the line that allocated them, or an address in one
    #[arg(value_name = "TYPE|FILE:LINE|ADDRESS")]
    blocks: String,
    #[command(flatten)]
    listed: Listed,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile graph why app.mheap 'Box<subscribe::*>'
  cargo mem-profile graph why app.mheap src/main.rs:12
  cargo mem-profile graph why app.mheap 0x55d0c0de1230";

/// The blocks that were asked for, and who holds them.
#[derive(Serialize)]
struct Answer {
    sum: Sum,
    chains: Vec<Chain>,
    /// How many chains are left out.
    more: usize,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    let (graph, notes) = arguments.captured.load_with_notes()?;
    let blocks = find(&graph, &arguments.blocks)?;
    let mut chains = graph.path_to_root(&blocks);
    let more = chains.len().saturating_sub(arguments.listed.top());
    chains.truncate(arguments.listed.top());
    let answer = Answer { sum: graph.sum(&blocks), chains, more };
    arguments
        .listed
        .write(&notes, &answer, |answer| heap::chains(answer.sum, &answer.chains, answer.more))?;
    Ok(Outcome::Done)
}

/// The blocks that a word of the user stands for.
///
/// # Errors
/// If there are none, since the word is probably a mistake.
pub(super) fn find(graph: &HeapGraph, word: &str) -> Result<Selection> {
    /// Longest word in a message, in columns.
    const LONGEST: usize = 200;
    let shown = report::cut(word, LONGEST);
    if let Some(address) = address(word) {
        let found = graph.at(address);
        if found.is_empty() {
            bail!("no block is at {shown}");
        }
        return Ok(found);
    }
    if is_place(word) {
        let found = graph.by_site(&Pattern::new(word));
        if found.is_empty() {
            bail!(
                "no block was allocated at `{shown}`: `retained` and `leaks` show places as they are known"
            );
        }
        return Ok(found);
    }
    let found = graph.by_type(&Pattern::new(word));
    if found.is_empty() {
        bail!("no block has a type that matches `{shown}`: `types` lists them; try `*{shown}*`");
    }
    Ok(found)
}

fn address(word: &str) -> Option<u64> {
    match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => word.parse().ok(),
    }
}

/// Whether it is a line of a file, or an offset in a module.
fn is_place(word: &str) -> bool {
    let is_line = word.rsplit_once(':').is_some_and(|(file, line)| {
        !file.is_empty()
            && !file.ends_with(':')
            && !line.is_empty()
            && line.bytes().all(|it| it.is_ascii_digit() || it == b'*')
    });
    is_line || word.contains("+0x")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_a_type_a_place_or_an_address() {
        assert_eq!(["0x1f", "31", "String", "0x"].map(address), [Some(31), Some(31), None, None]);
        let places = ["src/main.rs:12", "main.rs:*", "app+0x12", "a::B", "Vec<a::b>", ":1", "a::1"];
        assert_eq!(places.map(is_place), [true, true, true, false, false, false, false]);
    }
}
