//! `graph`: who holds the memory of a captured heap. One file per verb: options, a question to
//! `mem-profile-graph`, and what is written.

mod backrefs;
mod capture;
mod captured;
mod check;
mod cycles;
mod diff;
mod duplicates;
mod export;
mod leaks;
mod picture;
mod refs;
mod report;
mod retained;
mod run;
mod types;
mod waste;
mod why;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::outcome::Outcome;

/// Ask who holds the memory of a captured heap
///
/// `run` builds a program that captures its heap into a file, and runs it; `capture` asks a running one. The other
/// commands read such a file. It holds memory of the program: treat it as a core file.
#[derive(Args)]
#[command(disable_help_subcommand = true, subcommand_required = true, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile graph run --release -- input.txt
  cargo mem-profile graph report app.mheap
  cargo mem-profile graph why app.mheap 'Box<subscribe::*>'
  cargo mem-profile graph backrefs app.mheap Session --output session.svg
  cargo mem-profile graph check app.mheap --max-leaked 0";

#[derive(Subcommand)]
enum Verb {
    Run(Box<run::Arguments>),
    Capture(capture::Arguments),
    Report(report::Arguments),
    Types(types::Arguments),
    Leaks(leaks::Arguments),
    Cycles(cycles::Arguments),
    Retained(retained::Arguments),
    Waste(waste::Arguments),
    Duplicates(duplicates::Arguments),
    Why(why::Arguments),
    Refs(refs::Arguments),
    Backrefs(backrefs::Arguments),
    Diff(diff::Arguments),
    Check(check::Arguments),
    Export(export::Arguments),
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    match &arguments.verb {
        Verb::Run(arguments) => run::run(arguments),
        Verb::Capture(arguments) => capture::run(arguments),
        Verb::Report(arguments) => report::run(arguments),
        Verb::Types(arguments) => types::run(arguments),
        Verb::Leaks(arguments) => leaks::run(arguments),
        Verb::Cycles(arguments) => cycles::run(arguments),
        Verb::Retained(arguments) => retained::run(arguments),
        Verb::Waste(arguments) => waste::run(arguments),
        Verb::Duplicates(arguments) => duplicates::run(arguments),
        Verb::Why(arguments) => why::run(arguments),
        Verb::Refs(arguments) => refs::run(arguments),
        Verb::Backrefs(arguments) => backrefs::run(arguments),
        Verb::Diff(arguments) => diff::run(arguments),
        Verb::Check(arguments) => check::run(arguments),
        Verb::Export(arguments) => export::run(arguments),
    }
}
