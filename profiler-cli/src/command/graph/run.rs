//! `graph run`: builds and runs a program that captures its heap.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::command::build::{self, Build, Program, start};
use crate::command::sampling::duration;
use crate::command::target::Selection;
use crate::left_out::LeftOut;
use crate::outcome::Outcome;
use crate::output;
use crate::progress::Progress;
use crate::project::{DebugInfo, Project};

/// Build and run a program of any cargo project, and capture its heap
///
/// Every allocation is traced from before `main` on. The heap is captured at the end of the program, and whenever
/// the program gets SIGUSR2 or `graph capture` asks. No source file is changed, and the build goes into
/// `target/mem-profile`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The file to write: `%n` stands for the name of the program, `%p` for its process id. If it exists, the
    /// capture has a number in its name
    #[arg(
        short,
        long,
        value_name = "FILE",
        env = "MEM_PROFILE_GRAPH",
        hide_env_values = true,
        default_value = "%n.mheap"
    )]
    output: PathBuf,
    /// Capture after this time, and not at the end
    #[arg(long, value_name = "TIME", value_parser = duration)]
    after: Option<Duration>,
    /// Hash the contents of blocks, for `graph duplicates`
    #[arg(long)]
    duplicates: bool,
    /// Leave the debug information of the profile as it is, even if types and fields have no names then
    #[arg(long)]
    keep_debug: bool,
    #[command(flatten)]
    program: Program,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile graph run
  cargo mem-profile graph run --release --after 30s --output app.mheap -- --port 8080
  cargo mem-profile graph run --test integration

At the end of a program, its locals are gone: what is alive is held by statics, or lost. `--after` or
`graph capture` show a heap in use.";

pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        bail!("heaps are captured on Linux on x86-64 only, with glibc");
    }
    let selection = &arguments.program.selection;
    let reading = Progress::begin("reading the project", selection.quiet);
    let project = Project::find(selection.manifest_path(), &selection.resolving())?;
    let has_graph = |features: &[String]| features.iter().any(|feature| feature == "graph");
    if let Some(own) = project.runtime.as_ref().filter(|own| !own.is_replaceable)
        && !has_graph(&own.features)
    {
        bail!(
            "this project uses a mem-profile of its own, which lacks the feature `graph`: add it"
        );
    }
    drop(reading);
    let folder = project.target.join("mem-profile");
    let build = Build {
        program: &arguments.program,
        project: &project,
        folder: &folder,
        features: &["live"],
        required: &["graph"],
        trace: false,
    };
    // The allocator is all that is added.
    let lines = vec!["!*".to_owned()];
    let settings = build.settings(lines, LeftOut::default(), folder.join("graph-sources"))?;
    let mut cargo = build.cargo(&settings, &folder.join("graph-build"))?;
    let debug_info = project.debug_info(selection.profile());
    if !arguments.keep_debug {
        add_debug_info(&mut cargo, selection, &debug_info);
    }
    // Tests run in the folder of their package.
    let here = std::env::current_dir().context("there is no current folder")?;
    cargo.env("MEM_PROFILE_GRAPH", here.join(&arguments.output));
    match arguments.after {
        Some(time) => {
            cargo.env("MEM_PROFILE_GRAPH_AFTER", format!("{}ms", time.as_millis().max(1)))
        }
        None => cargo.env_remove("MEM_PROFILE_GRAPH_AFTER"),
    };
    if arguments.duplicates {
        cargo.env("MEM_PROFILE_GRAPH_DUPLICATES", "on");
    }
    build::pass(&mut cargo, &arguments.program.arguments);
    start(&mut cargo)
}

/// Has the program keep the names of types and fields.
fn add_debug_info(cargo: &mut Command, selection: &Selection, debug_info: &DebugInfo) {
    let profile = selection.profile();
    let mut settings = Vec::new();
    if !debug_info.is_full {
        settings.push("debug = 2".to_owned());
    }
    settings.extend(debug_info.packages.iter().map(|name| format!("package.\"{name}\".debug = 2")));
    if debug_info.is_stripped {
        settings.push("strip = false".to_owned());
    }
    if settings.is_empty() {
        return;
    }
    if !selection.quiet {
        let settings = settings.join(", ");
        let text = format!(
            "building the profile {profile} with {settings}: types and fields have names then; \
             --keep-debug builds it as it is"
        );
        output::status("note", &text);
    }
    for setting in settings {
        cargo.arg("--config").arg(format!("profile.{profile}.{setting}"));
    }
}
