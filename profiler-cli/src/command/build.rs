//! A build with the runtime linked in: what `run` and `graph run` have in common.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;

use super::target::Selection;
use crate::left_out::LeftOut;
use crate::outcome::Outcome;
use crate::progress::Progress;
use crate::project::{Dependency, Project, WRAPPER};
use crate::runtime::{Built, Source, Variant};
use crate::wrapper::Settings;

/// The program, and how it is built and run.
#[derive(Args)]
pub(super) struct Program {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// Build the runtime from these sources instead of the published ones
    #[arg(long, value_name = "PATH", env = "MEM_PROFILE_RUNTIME", hide = true)]
    pub(super) runtime: Option<PathBuf>,
    /// Arguments for the program
    #[arg(last = true, value_name = "ARGS", help_heading = "Arguments")]
    pub(super) arguments: Vec<OsString>,
}

/// A build of a program.
pub(super) struct Build<'a> {
    pub(super) program: &'a Program,
    pub(super) project: &'a Project,
    /// The folder for all that is made.
    pub(super) folder: &'a Path,
    /// Features that the runtime has beside the default ones, unless the project chooses them.
    pub(super) features: &'a [&'a str],
    /// Features that it has in any case.
    pub(super) required: &'a [&'a str],
    /// Whether the tracer is included.
    pub(super) trace: bool,
}

impl Build<'_> {
    /// The settings of the wrapper, after the runtime was built. `mirror` is for copies of sources.
    pub(super) fn settings(
        &self,
        lines: Vec<String>,
        left_out: LeftOut,
        mirror: PathBuf,
    ) -> Result<Settings> {
        let (selection, project) = (&self.program.selection, self.project);
        let programs = project.crates.iter().filter(|it| selection.is_program(it));
        let mut settings = Settings {
            lines,
            left_out,
            mirror,
            target_folder: project.target.clone(),
            programs: programs.map(|it| it.root.clone()).collect(),
            target: selection.target().map(str::to_owned),
            wrapper: crate::project::wrapper()?,
            replaces: project.runtime.is_some(),
            source: None,
            built: None,
        };
        if project.runtime.as_ref().is_none_or(|own| own.is_replaceable) {
            let source = self.source(project.runtime.as_ref())?;
            let aborts = selection.may_abort() && project.aborts(selection.profile());
            // Else the wrapper would build another one, without a word.
            let target = settings.target.clone().or_else(crate::project::target);
            let variant = Variant { aborts, target };
            settings.built = Some(build(&source, &variant, selection.quiet)?);
            settings.source = Some(source);
        }
        Ok(settings)
    }

    /// The source of the runtime. The whole program needs one build of it: of the project's own package if
    /// it has one, since some crates may depend on that.
    fn source(&self, own: Option<&Dependency>) -> Result<Source> {
        let owned = |features: &[&str]| features.iter().map(|it| (*it).to_owned()).collect();
        let mut features: Vec<String> =
            own.map_or_else(|| owned(self.features), |own| own.features.clone());
        features.extend(self.required.iter().map(|it| (*it).to_owned()));
        features.sort();
        features.dedup();
        let path = self.program.runtime.as_deref().or(own.map(|own| own.folder.as_path()));
        let name = features.iter().fold("runtime".to_owned(), |name, feature| name + "-" + feature);
        Source::prepare(self.folder.join(name), path, &features, self.trace)
    }

    /// The cargo command that builds and runs the program, in a target folder of its own. The arguments of the program
    /// are still missing: see [`pass`].
    pub(super) fn cargo(&self, settings: &Settings, build: &Path) -> Result<Command> {
        let mut cargo = crate::project::cargo();
        cargo.args(self.program.selection.cargo());
        // Not in the environment: programs that start cargo themselves would inherit it.
        let wrapper = std::env::current_exe().context("this program has no path")?;
        cargo.arg("--config").arg(setting("build.rustc-workspace-wrapper", &wrapper));
        cargo.arg("--config").arg(setting("build.build-dir", build));
        cargo.arg("--target-dir").arg(build);
        let (name, value) = settings.variable()?;
        cargo.env(name, value);
        for name in [WRAPPER, "CARGO_TARGET_DIR", "CARGO_BUILD_BUILD_DIR"] {
            cargo.env_remove(name);
        }
        Ok(cargo)
    }
}

/// Passes arguments to the program. Nothing may come behind them.
pub(super) fn pass(cargo: &mut Command, arguments: &[OsString]) {
    if !arguments.is_empty() {
        cargo.arg("--").args(arguments);
    }
}

/// Builds the runtime, unless it is up to date.
fn build(source: &Source, variant: &Variant, is_quiet: bool) -> Result<Built> {
    const WHAT: &str = "building the runtime, once for this toolchain";
    let progress = Progress::begin(WHAT, is_quiet);
    source.build(variant, |done, all| {
        let of = all.map_or_else(|| " crates".to_owned(), |all| format!(" of {all}"));
        progress.set(format!("{WHAT}: {done}{of}"));
    })
}

/// A setting of cargo with a path as its value.
fn setting(name: &str, path: &Path) -> String {
    format!("{name}={}", toml::Value::from(path.display().to_string()))
}

/// Replaces this process with cargo, so that signals and the exit code need no forwarding.
#[cfg(unix)]
pub(super) fn start(command: &mut Command) -> Result<Outcome> {
    use std::os::unix::process::CommandExt;
    Err(command.exec()).context("cannot start cargo")
}

#[cfg(not(unix))]
pub(super) fn start(command: &mut Command) -> Result<Outcome> {
    let status = command.status().context("cannot start cargo")?;
    std::process::exit(status.code().unwrap_or(1))
}
