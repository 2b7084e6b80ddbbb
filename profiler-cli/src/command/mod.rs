//! The command line. Each subcommand has a file; this one only hands over.

mod attach;
mod check;
mod clean;
mod completions;
mod diff;
mod exec;
mod export;
mod flame;
mod list;
mod man;
mod options;
mod peak;
mod plot;
mod report;
mod rm;
mod run;
mod sampling;
mod target;
mod test;
mod top;

use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory, Parser, Subcommand};

use crate::outcome::{FAILED, Outcome};
use crate::{config, output};

/// Measure memory line by line and over time; look at, compare and check recordings
///
/// `run` measures a program of any cargo project as it is. A program with `#[mem_profile]` on a
/// function does so by itself, and writes a recording where MEM_PROFILE_OUTPUT says. `exec` and
/// `attach` sample any program; the other commands read what was written.
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
  0    done
  2    the command line makes no sense
  3    `check` found a limit exceeded
  125  the command itself failed: an error says why, and what to do

`run`, `exec` and `test` end as the program that they run: with 128 + the number of the signal that
ended it; `run` with 101 where it cannot be built, `exec` with 127 where it is not found and with 126
where it cannot be run.

What a MEM_PROFILE_ variable says can also be in .config/mem-profile.toml, here (or where
--manifest-path points) or in a folder around, or in Cargo.toml under
[package.metadata.mem-profile], less the beginning and in small letters: lines = [\"my_app::*\"],
unit = \"KiB\". The file comes before the manifest, variables before both, flags before all.";

#[derive(Subcommand)]
enum Command {
    Run(Box<run::Arguments>),
    Report(report::Arguments),
    Flame(flame::Arguments),
    Export(export::Arguments),
    Diff(diff::Arguments),
    Check(check::Arguments),
    Top(top::Arguments),
    Exec(exec::Arguments),
    Attach(attach::Arguments),
    Test(test::Arguments),
    Plot(plot::Arguments),
    Peak(peak::Arguments),
    List(list::Arguments),
    Rm(rm::Arguments),
    Clean(clean::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

/// Runs the command that the arguments of the process name.
pub(crate) fn main() -> ExitCode {
    let outcome = config::apply(arguments()).and_then(|()| {
        let arguments = Arguments::parse_from(arguments());
        arguments.color.write_global();
        run(arguments.command)
    });
    match outcome {
        Ok(outcome) => outcome.code(),
        Err(error) => {
            output::complain("error", &format!("{error:#}"));
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
        Command::Top(arguments) => top::run(&arguments),
        Command::Exec(arguments) => exec::run(&arguments),
        Command::Attach(arguments) => attach::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Plot(arguments) => plot::run(&arguments),
        Command::Peak(arguments) => peak::run(&arguments),
        Command::List(_) => list::run(),
        Command::Rm(arguments) => rm::run(&arguments),
        Command::Clean(arguments) => clean::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments, Arguments::command()),
        Command::Man(arguments) => man::run(&arguments, Arguments::command()),
    }
}

/// The arguments, less the name of the subcommand that cargo puts before ours.
fn arguments() -> impl Iterator<Item = std::ffi::OsString> {
    let mut arguments = std::env::args_os().peekable();
    let program = arguments.next();
    arguments.next_if(|argument| argument == "mem-profile");
    program.into_iter().chain(arguments)
}
