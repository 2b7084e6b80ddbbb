//! Puts `#[mem_profile]` on every function of published crates and runs their own tests:
//! `cargo run -p transparency -- [crate[@version]…]`.
//!
//! For each crate the published source is tested unchanged and with the attribute, in debug and in
//! release. Anything that differs, a test's result or a new warning, and is not named in
//! `exceptions.toml` with its reason, makes the run fail.

mod cargo;
mod compare;
mod exceptions;
mod rounds;
mod trial;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use crate::compare::Outcome;

/// The crates that are tried when none is named: many styles, three editions.
const CRATES: [&str; 24] = [
    "serde_json",
    "itertools",
    "indexmap",
    "smallvec",
    "bytes",
    "petgraph",
    "regex-syntax",
    "regex-automata",
    "url",
    "futures-util",
    "tokio",
    "uuid",
    "either",
    "memchr",
    "textwrap",
    "csv-core",
    "hashbrown",
    "rayon-core",
    "crossbeam-channel",
    "chrono",
    "time",
    "winnow",
    "toml",
    "http",
];

/// Run the tests of published crates with `#[mem_profile]` on every function.
#[derive(Parser)]
struct Arguments {
    /// Crates as `name` or `name@version`; 24 well-known ones when none is given
    crates: Vec<String>,
    /// Crates tried at the same time
    #[arg(long, default_value_t = 1)]
    jobs: usize,
    /// Figures that annotated tests measure
    #[arg(long, value_enum, default_value_t = Backend::Heap)]
    backend: Backend,
    /// Only debug builds
    #[arg(long)]
    debug_only: bool,
    /// Only results and warnings: nothing is optimised or repeated to measure what the attribute costs
    #[arg(long)]
    untimed: bool,
    /// File for the results, as JSON
    #[arg(long)]
    json: Option<PathBuf>,
}

/// Figures that annotated tests measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Backend {
    /// Exact bytes, with the counting allocator in the crate
    Heap,
    /// The resident set
    Rss,
    /// Nothing: `MEM_PROFILE=off`
    Off,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // Not by the progress bar, which prints nothing to a pipe.
            let _ = writeln!(std::io::stderr(), "transparency: {error:#}");
            ExitCode::from(125)
        }
    }
}

fn run(arguments: &Arguments) -> Result<bool> {
    let named: Vec<&str> = arguments.crates.iter().map(String::as_str).collect();
    let crates = if named.is_empty() { CRATES.to_vec() } else { named };
    let outcomes = try_all(&crates, arguments)?;
    println!("\n{}", compare::medians(&outcomes));
    if let Some(path) = &arguments.json {
        let json = serde_json::to_string_pretty(&outcomes)?;
        fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(outcomes.iter().all(Outcome::is_transparent))
}

fn try_all(crates: &[&str], arguments: &Arguments) -> Result<Vec<Outcome>> {
    let exceptions = exceptions::load()?;
    let bar = ProgressBar::new(crates.len() as u64);
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} {elapsed} {msg}")?);
    println!("{}", compare::HEADER);
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..arguments.jobs.max(1) {
            scope.spawn(|| {
                while let Some(name) = crates.get(next.fetch_add(1, Ordering::Relaxed)) {
                    bar.set_message((*name).to_owned());
                    let trial = trial::run(name, arguments);
                    let outcome = Outcome::new(name, trial, &exceptions);
                    bar.suspend(|| println!("{outcome}"));
                    bar.inc(1);
                    outcomes.lock().unwrap_or_else(|poison| poison.into_inner()).push(outcome);
                }
            });
        }
    });
    bar.finish_and_clear();
    Ok(outcomes.into_inner().unwrap_or_else(|poison| poison.into_inner()))
}
