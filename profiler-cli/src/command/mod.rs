//! The command line: one file per subcommand, with its options and the steps it takes. This file parses
//! the arguments and calls one of them. Nothing here computes a figure or lays out a result: that is done
//! in the rooms below.

mod account;
mod attach;
mod build;
mod check;
mod clean;
mod completions;
mod diff;
#[cfg(test)]
mod documents;
mod exec;
mod export;
mod flame;
mod graph;
mod list;
mod man;
mod options;
mod peak;
mod plot;
mod post_mortem;
mod report;
mod rm;
mod run;
mod sampling;
mod target;
mod test;
mod top;
mod watch;

use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory, Parser, Subcommand};

use crate::outcome::{FAILED, Outcome};
use crate::{config, output};

/// Measure memory line by line and over time; view, compare and check recordings
///
/// `run` measures a program of any cargo project without changes to its sources. A program with
/// `#[mem_profile]` on a function measures itself, and writes a recording to the path in
/// MEM_PROFILE_OUTPUT. `exec` and `attach` sample any program. The other commands read these files.
#[derive(Parser)]
#[command(
    name = "cargo-mem-profile",
    bin_name = "cargo mem-profile",
    version,
    after_help = EXAMPLES,
    disable_help_subcommand = true
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    color: colorchoice_clap::Color,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile run --release --output run.mprof
  cargo mem-profile report run.mprof
  cargo mem-profile report run.mprof --format html --open
  cargo mem-profile exec target/release/app
  cargo mem-profile plot

Exit codes:
  0    success
  2    invalid command line
  3    `check` found a limit exceeded
  125  the command itself failed: the error says why, and what to do

`run`, `exec` and `test` exit with the code of the program that they run, or with 128 + the number of
the signal that ended it. `run` exits with 101 if the build fails, `exec` with 127 if the program is not
found and with 126 if it cannot be started.

Every MEM_PROFILE_ variable can also be set in .config/mem-profile.toml or in Cargo.toml under
[package.metadata.mem-profile], without the prefix and in lower case: lines = [\"my_app::*\"],
unit = \"KiB\". The command looks for both files in the current folder, or the one of
--manifest-path, and in its parents. Options override variables, variables override the file, and the
file overrides the manifest.";

#[derive(Subcommand)]
enum Command {
    Run(Box<run::Arguments>),
    Report(report::Arguments),
    Flame(flame::Arguments),
    Export(export::Arguments),
    Diff(diff::Arguments),
    Check(check::Arguments),
    Graph(Box<graph::Arguments>),
    Top(top::Arguments),
    Exec(exec::Arguments),
    Attach(attach::Arguments),
    Account(account::Arguments),
    Watch(watch::Arguments),
    PostMortem(post_mortem::Arguments),
    Test(test::Arguments),
    Plot(plot::Arguments),
    Peak(peak::Arguments),
    List(list::Arguments),
    Rm(rm::Arguments),
    Clean(clean::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

/// Runs the subcommand that the arguments of the process name.
pub(crate) fn main() -> ExitCode {
    let outcome = config::apply(arguments()).and_then(|()| {
        let arguments = Arguments::parse_from(arguments());
        arguments.color.write_global();
        run(arguments.command)
    });
    match outcome {
        Ok(outcome) => outcome.code(),
        Err(error) => {
            output::status("error", &format!("{error:#}"));
            ExitCode::from(FAILED)
        }
    }
}

fn run(command: Command) -> Result<Outcome> {
    match command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Flame(arguments) => flame::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Diff(arguments) => diff::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Graph(arguments) => graph::run(&arguments),
        Command::Top(arguments) => top::run(&arguments),
        Command::Exec(arguments) => exec::run(&arguments),
        Command::Attach(arguments) => attach::run(&arguments),
        Command::Account(arguments) => account::run(&arguments),
        Command::Watch(arguments) => watch::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::PostMortem(arguments) => post_mortem::run(&arguments),
        Command::Plot(arguments) => plot::run(&arguments),
        Command::Peak(arguments) => peak::run(&arguments),
        Command::List(_) => list::run(),
        Command::Rm(arguments) => rm::run(&arguments),
        Command::Clean(arguments) => clean::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments, Arguments::command()),
        Command::Man(arguments) => man::run(&arguments, Arguments::command()),
    }
}

/// The arguments, without the `mem-profile` that cargo inserts.
fn arguments() -> impl Iterator<Item = std::ffi::OsString> {
    let mut arguments = std::env::args_os().peekable();
    let program = arguments.next();
    arguments.next_if(|argument| argument == "mem-profile");
    program.into_iter().chain(arguments)
}
