//! Two instruments, one truth: `cargo run -p cross -- [program…]`.
//!
//! Each program is a published crate. It is built in debug with the attribute on every function and with the
//! tracer, and runs once. For every row of every table, the bytes and blocks that the line profiler has recorded
//! are compared with those of all stacks that pass the row. Any difference makes the run fail.

mod build;
mod compare;
mod output;
mod programs;
mod rows;

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

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
    let (mut rows, mut differences) = (0, 0);
    for program in PROGRAMS.iter().filter(is_wanted) {
        let (output, package) = build::run(program, arguments.last)?;
        let compared = compare::compare(&output, &package)?;
        println!("{}: {} rows, {} differ", program.name, compared.rows, compared.differences.len());
        for difference in compared.differences.iter().take(arguments.list) {
            println!("    {difference}");
        }
        output.notes.iter().for_each(|note| println!("    {note}"));
        rows += compared.rows;
        differences += compared.differences.len();
    }
    println!("{rows} rows, {differences} differ");
    Ok(rows > 0 && differences == 0)
}
