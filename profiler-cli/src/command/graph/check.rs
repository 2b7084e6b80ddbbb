//! `graph check`: judges whether a captured heap stays within limits.

use std::str::FromStr;

use anyhow::{Result, bail};
use clap::{ArgGroup, Args};
use mem_profile_format::report::{Unit, printable_line};
use mem_profile_graph::{Filter, HeapGraph, Pattern};

use super::captured::{Captured, MOST};
use crate::check::Size;
use crate::outcome::Outcome;
use crate::output::Target;
use crate::view::heap;

/// Check a captured heap, and fail if it exceeds a limit
///
/// The check also fails if a limit cannot be judged: where threads or memory were not captured, or no block has a type
/// that matches and the limit is not 0.
#[derive(Args)]
#[command(group = ArgGroup::new("limits").required(true).multiple(true), after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    captured: Captured,
    /// Most bytes that may be lost, such as 0 or `64 KiB`
    #[arg(long, value_name = "SIZE", group = "limits")]
    max_leaked: Option<Size>,
    /// Most blocks of a type: `*` and `?` as in a shell. May be given several times
    #[arg(long, value_name = "GLOB=NUMBER", group = "limits")]
    max_type: Vec<MaxType>,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile graph check app.mheap --max-leaked 0
  cargo mem-profile graph check app.mheap --max-type 'Session=100' --max-type 'Vec<Request>=1'";

/// Most blocks of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
struct MaxType {
    name: String,
    most: u64,
}

impl FromStr for MaxType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // A name may have such a sign itself: `Box<dyn Iterator<Item = u8>>`.
        let (name, most) = text.rsplit_once('=').unwrap_or_default();
        let most = most.trim().parse().ok().filter(|_| !name.trim().is_empty());
        let most = most.ok_or("expected a type and a number, such as `Session=100`")?;
        Ok(Self { name: name.trim().to_owned(), most })
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    let (graph, _) = arguments.captured.load_with_notes()?;
    let mut exceeded = Vec::new();
    if let Some(Size(most)) = arguments.max_leaked {
        exceeded.extend(check_leaked(&graph, most)?);
    }
    for limit in &arguments.max_type {
        exceeded.extend(check_type(&graph, limit)?);
    }
    let limits = arguments.max_type.len() + usize::from(arguments.max_leaked.is_some());
    Target::Stdout.write_text(&heap::verdict(&exceeded, limits))?;
    Ok(if exceeded.is_empty() { Outcome::Done } else { Outcome::Exceeded })
}

/// Why the limit on lost bytes is exceeded, if it is.
fn check_leaked(graph: &HeapGraph, most: u64) -> Result<Option<String>> {
    let process = graph.image().process();
    if !process.was_stopped || !process.unseen_searched || !graph.image().missing().is_empty() {
        bail!(
            "lost memory cannot be judged, since a part of the process was not captured: see the notes"
        );
    }
    // Without those that are suppressed.
    let lost = graph.list_leaks(&Filter::default(), 0).more_bytes.unwrap_or(0);
    let leaks = || {
        let leaks = heap::rows(&graph.list_leaks(&Filter::default(), MOST), "");
        let leaks: String = leaks.lines().map(|line| format!("\n    {line}")).collect();
        let [lost, most] = [lost, most].map(|bytes| Unit::Auto.format(bytes.into(), 1));
        format!("{lost} lost, limit {most}{leaks}")
    };
    Ok((lost > most).then(leaks))
}

/// Why the limit on blocks of a type is exceeded, if it is.
fn check_type(graph: &HeapGraph, limit: &MaxType) -> Result<Option<String>> {
    let MaxType { name, most } = limit;
    let sum = graph.count(&Pattern::new(name));
    if sum.blocks == 0 {
        // A limit of 0 asks for just that. Another one is likely to be misspelt.
        if *most > 0 {
            bail!(
                "no block has a type that matches `{name}`: correct the pattern, or remove the limit"
            );
        }
        let untyped = match graph.untyped().len() {
            0 => return Ok(None),
            1 => "1 block has".to_owned(),
            count => format!("{count} blocks have"),
        };
        bail!("`{name}` cannot be judged, since {untyped} no known type: build with `debug = 2`");
    }
    let sentence = || format!("{}: {sum}, limit {most}", printable_line(name));
    Ok((sum.blocks > *most).then(sentence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_type_and_a_number() {
        let read = |text: &str| text.parse::<MaxType>().ok().map(|it| (it.name, it.most));
        assert_eq!(read("Session=100"), Some(("Session".to_owned(), 100)));
        assert_eq!(read("Box<I<Item = u8>>=1"), Some(("Box<I<Item = u8>>".to_owned(), 1)));
        assert_eq!(["Session", "=1", "A=", "A=-1", "A=1 MiB"].map(read), [const { None }; 5]);
    }
}
