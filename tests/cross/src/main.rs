//! Two instruments, one truth: `cargo run -p cross -- [program…]`.
//!
//! Each program is a published crate. With some of its libraries it is built in debug with the attribute on every
//! function and with the tracer, and runs with several inputs. For every row of every table, the bytes and blocks
//! that the line profiler has recorded are compared with those of all stacks that pass the row. Any difference makes
//! the run fail, and so does a stack that passes an annotated function without a table.

mod build;
mod compare;
mod finder;
mod output;
mod programs;
mod rows;
mod workspace;

use std::collections::BTreeSet;
use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::compare::Comparison;
use crate::programs::{PROGRAMS, Program};

/// Compare the line profiler with the tracer.
#[derive(Parser)]
struct Arguments {
    /// Names of programs; all when none is given
    programs: Vec<String>,
    /// How many differences are listed for each
    #[arg(long, default_value_t = 20)]
    list: usize,
    /// Compare what the last run has written
    #[arg(long)]
    last: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "cross: {error:#}");
            ExitCode::from(125)
        }
    }
}

fn run(arguments: &Arguments) -> Result<bool> {
    let is_wanted = |program: &&Program| {
        arguments.programs.is_empty() || arguments.programs.iter().any(|name| name == program.name)
    };
    let mut all = Comparison::default();
    for program in PROGRAMS.iter().filter(is_wanted) {
        let outputs = build::run(program, arguments.last)?;
        let compared = compare::compare(&outputs, &workspace::folder_of(program))?;
        println!("{}: {}", program.name, compared.totals());
        for difference in compared.differences.values().take(arguments.list) {
            println!("    {difference}");
        }
        let notes: BTreeSet<_> = outputs.iter().flat_map(|output| &output.notes).collect();
        notes.iter().for_each(|note| println!("    {note}"));
        all.merge(compared);
    }
    let all = all.totals();
    println!("{all}");
    Ok(all.with_blocks > 0 && all.differ == 0)
}
