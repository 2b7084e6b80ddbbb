//! `run`: measures a program of any cargo project without changes to its sources.

mod learned;
mod recorded;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};
use clap::Args;
use clap::builder::FalseyValueParser;
use clap::value_parser;
use mem_profile_rewrite::Crate;

use self::recorded::Recorded;
use super::build::{self, Build, Program, start};
use crate::left_out::{LeftOut, OFTEN};
use crate::outcome::Outcome;
use crate::output;
use crate::pattern::Patterns;
use crate::progress::Progress;
use crate::project::Project;
use crate::runs::Runs;

/// Build and run a program of any cargo project, measured line by line
///
/// No source file is changed, and ordinary builds stay as they are: this one goes into `target/mem-profile`.
/// The counting allocator is added, or wrapped around the program's own.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Functions to measure: globs on paths, or FILE:LINE for the function around a line; separate
    /// several with commas, exclude with `!` [default: all of the workspace that are not trivial]
    #[arg(long, value_name = "PATTERN", env = "MEM_PROFILE_LINES", hide_env_values = true)]
    lines: Vec<String>,
    /// Also trace every allocation by its call stack
    #[arg(
        long,
        env = "MEM_PROFILE_TRACE",
        hide_env_values = true,
        value_parser = FalseyValueParser::new()
    )]
    trace: bool,
    /// Write the report to this file, or a recording if its name ends in .mprof [default: standard
    /// error]
    #[arg(short, long, value_name = "FILE", env = "MEM_PROFILE_OUTPUT", hide_env_values = true)]
    output: Option<PathBuf>,
    /// Open the report as a page in the browser when the program has ended
    #[arg(long)]
    open: bool,
    /// Also record memory over time, for the page and for `plot`
    #[arg(long)]
    timeline: bool,
    /// Also say at the end what the resident set is made of
    #[arg(
        long,
        env = "MEM_PROFILE_ACCOUNT",
        hide_env_values = true,
        value_parser = FalseyValueParser::new()
    )]
    account: bool,
    /// Also watch its memory, and warn: SETTINGS are those of MEM_PROFILE_MONITOR, such as
    /// `above=500MiB,interval=30s` [default: 80 % of the limit, every 30 s]
    #[arg(
        long,
        value_name = "SETTINGS",
        env = "MEM_PROFILE_MONITOR",
        hide_env_values = true,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "on"
    )]
    monitor: Option<String>,
    /// Also keep in this folder what held the memory, in files that survive a kill: `post-mortem` reads them
    #[arg(
        long,
        value_name = "DIR",
        env = "MEM_PROFILE_FLIGHT",
        hide_env_values = true,
        value_parser = value_parser!(OsString)
    )]
    flight: Option<OsString>,
    /// Show this many functions at the end, or `all`
    #[arg(long, value_name = "NUMBER", value_parser = top)]
    top: Option<String>,
    /// Measure also functions that are left out because they ran often and showed no memory in the last
    /// recording
    #[arg(long)]
    all_functions: bool,
    #[command(flatten)]
    program: Program,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile run -- input.txt
  cargo mem-profile run --release --open
  cargo mem-profile run --release --monitor=above=500MiB,interval=10s --flight flight
  cargo mem-profile run --release --lines 'my_app::parse::*' --output run.mprof -- input.txt
  cargo mem-profile run --lines src/parse.rs:120 --test integration
  MEM_PROFILE_FORMAT=csv cargo mem-profile run --example demo

Standard input, output and error, signals and the exit code are those of the program, as with
`cargo run`. The MEM_PROFILE_ variables set the format of the report, as for any measured program.

Each run is recorded as well, in target/mem-profile/runs: `cargo mem-profile report` shows the newest
recording, also of a program that was killed.";

/// Said before the first run of a target.
const HINT: &str = "every function of the workspace is measured but trivial ones; \
    `--lines 'my_app::parse::*'` measures fewer, `--lines FILE:LINE` one";

/// A number of functions, as the variable has it.
fn top(text: &str) -> Result<String, String> {
    let is_number = text.parse::<usize>().is_ok_and(|number| number > 0);
    let expected = || "expected a number from 1 up, or `all`".to_owned();
    (is_number || text == "all").then(|| text.to_owned()).ok_or_else(expected)
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let selection = &arguments.program.selection;
    if is_off() && !arguments.trace && !arguments.is_monitored() {
        return run_unchanged(arguments);
    }
    let reading = Progress::begin("reading the project", selection.quiet);
    let project = Project::find(selection.manifest_path(), &selection.resolving())?;
    reject_unmatched_patterns(&arguments.lines, &project)?;
    let folder = project.target.join("mem-profile");
    let programs: Vec<_> = project.crates.iter().filter(|it| selection.is_program(it)).collect();
    let (runs, name) = (Runs::of(&project.target), selection.name(&programs));
    let left_out = left_out(arguments, &project, &runs, &name)?;
    drop(reading);
    let mut required = Vec::new();
    required.extend(arguments.account.then_some("account"));
    required.extend(arguments.is_monitored().then_some("monitor"));
    let build = Build {
        program: &arguments.program,
        project: &project,
        folder: &folder,
        features: &["live"],
        required: &required,
        trace: arguments.trace,
    };
    let settings = build.settings(arguments.lines.clone(), left_out, folder.join("sources"))?;
    if arguments.lines.is_empty() && !selection.quiet && runs.last(&name).is_none() {
        output::status("note", HINT);
    }
    let recorded = Recorded::begin(arguments.output.as_deref(), &runs, &name)?;
    let mut cargo = build.cargo(&settings, &folder.join("build"))?;
    configure(&mut cargo, arguments)?;
    build::pass(&mut cargo, &arguments.program.arguments);
    recorded.set(&mut cargo);
    match arguments.open {
        true => recorded.open_after(&mut cargo),
        false => start(&mut cargo),
    }
}

impl Arguments {
    fn is_monitored(&self) -> bool {
        let settings = self.monitor.as_deref();
        settings.is_some_and(|settings| !is_unset(settings)) || self.flight_folder().is_some()
    }

    fn flight_folder(&self) -> Option<&Path> {
        let folder = self.flight.as_deref().filter(|folder| !folder.to_str().is_some_and(is_unset));
        folder.map(Path::new)
    }
}

/// Whether the value of a variable stands for none.
fn is_unset(value: &str) -> bool {
    ["", "0", "off"].contains(&value)
}

/// Whether the environment switches measuring off.
fn is_off() -> bool {
    let value = std::env::var("MEM_PROFILE").unwrap_or_default().to_lowercase();
    ["off", "0", "false"].contains(&value.as_str())
}

/// With measuring off, the program is the ordinary one: an event takes hardly any time then, but keeps small
/// functions from being inlined.
fn run_unchanged(arguments: &Arguments) -> Result<Outcome> {
    if !arguments.program.selection.quiet {
        output::status("note", "MEM_PROFILE=off: the program is built and run unchanged");
    }
    let mut cargo = crate::project::cargo();
    cargo.args(arguments.program.selection.cargo());
    build::pass(&mut cargo, &arguments.program.arguments);
    start(&mut cargo)
}

/// The functions that are left out: none if the user names those to measure.
fn left_out(arguments: &Arguments, project: &Project, runs: &Runs, name: &str) -> Result<LeftOut> {
    let (left_out, count) = learned::learn(project, runs, name)?;
    let patterns = Patterns::parse(arguments.lines.iter().map(String::as_str));
    if arguments.all_functions || patterns.name_functions() {
        return Ok(LeftOut::default());
    }
    if count > 0 && !arguments.program.selection.quiet {
        let functions = if count == 1 { "function" } else { "functions" };
        let text = format!(
            "left out {count} {functions} with lines that ran more than {OFTEN} times and never \
             touched memory; --all-functions measures all"
        );
        output::status("note", &text);
    }
    Ok(left_out)
}

fn reject_unmatched_patterns(lines: &[String], project: &Project) -> Result<()> {
    let patterns = Patterns::parse(lines.iter().map(String::as_str));
    if lines.is_empty() {
        return Ok(());
    }
    let crates: Vec<_> = project.crates.iter().map(|it| Crate::read(&it.root, &it.name)).collect();
    let functions: Vec<_> = crates.iter().flat_map(Crate::functions).collect();
    match patterns.error_for(&functions) {
        Some(error) => bail!("{error}"),
        None => Ok(()),
    }
}

/// Has the program report as it is asked to.
fn configure(cargo: &mut Command, arguments: &Arguments) -> Result<()> {
    if let Some(output) = &arguments.output {
        cargo.env("MEM_PROFILE_OUTPUT", recorded::absolute(output)?);
    }
    if arguments.open
        && arguments.output.is_none()
        && std::env::var_os("MEM_PROFILE_FORMAT").is_none()
    {
        // The page takes the place of the text.
        cargo.env("MEM_PROFILE_FORMAT", "none");
    }
    if std::env::var_os("MEM_PROFILE_LIVE").is_none_or(|value| value.is_empty()) {
        // The first question about a program is which lines hold its memory.
        cargo.env("MEM_PROFILE_LIVE", "auto");
    }
    if let Some(top) = &arguments.top {
        cargo.env("MEM_PROFILE_TOP", top);
    }
    if let Some(settings) = &arguments.monitor {
        cargo.env("MEM_PROFILE_MONITOR", settings);
    }
    if let Some(folder) = arguments.flight_folder() {
        cargo.env("MEM_PROFILE_FLIGHT", recorded::absolute(folder)?);
    }
    if arguments.account {
        cargo.env("MEM_PROFILE_ACCOUNT", "on");
    }
    if arguments.timeline {
        cargo.env("MEM_PROFILE_TIMELINE", "on");
    }
    if arguments.trace {
        if std::env::var_os("MEM_PROFILE_TRACE").is_none_or(|how| how != "sample" && how != "all") {
            cargo.env("MEM_PROFILE_TRACE", "1");
        }
        // Line tables for optimised programs; the development profiles have them.
        let profile = arguments.program.selection.profile();
        if !["dev", "test"].contains(&profile) {
            cargo.arg("--config").arg(format!("profile.{profile}.debug=1"));
            cargo.arg("--config").arg(format!("profile.{profile}.strip=false"));
        }
    }
    Ok(())
}
