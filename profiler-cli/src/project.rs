//! What cargo knows of the project.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use cargo_metadata::{Metadata, MetadataCommand, TargetKind};

/// A cargo project: a workspace, or a package by itself.
pub(crate) struct Project {
    /// Where cargo builds.
    pub(crate) target: PathBuf,
    /// What could be measured.
    pub(crate) crates: Vec<CrateRoot>,
    /// Whether it depends on `mem-profile` itself.
    pub(crate) has_runtime: bool,
}

/// Where a crate begins.
pub(crate) struct CrateRoot {
    pub(crate) name: String,
    pub(crate) root: PathBuf,
}

impl Project {
    /// The project of a manifest, or the one around the current folder.
    pub(crate) fn find(manifest: Option<&Path>) -> Result<Self> {
        let mut command = MetadataCommand::new();
        // What it says is part of what is said here.
        command.env("CARGO_TERM_COLOR", "never");
        if let Some(manifest) = manifest {
            command.manifest_path(manifest);
        }
        let metadata = match command.exec() {
            Ok(metadata) => metadata,
            Err(cargo_metadata::Error::CargoMetadata { stderr }) => {
                bail!("{}", stderr.trim().trim_start_matches("error: "))
            }
            Err(error) => return Err(error).context("cannot ask cargo about the project"),
        };
        Ok(Self {
            has_runtime: metadata.packages.iter().any(|package| package.name == "mem-profile"),
            crates: crates(&metadata),
            target: metadata.target_directory.into(),
        })
    }
}

fn crates(metadata: &Metadata) -> Vec<CrateRoot> {
    let packages = metadata.workspace_packages();
    let targets = packages.iter().flat_map(|package| &package.targets);
    let is_measured = |kinds: &[TargetKind]| {
        !kinds.iter().any(|kind| matches!(kind, TargetKind::CustomBuild | TargetKind::ProcMacro))
    };
    let measured = targets.filter(|target| is_measured(&target.kind));
    let root = |target: &cargo_metadata::Target| CrateRoot {
        name: target.name.replace('-', "_"),
        root: target.src_path.clone().into(),
    };
    measured.map(root).collect()
}

/// The cargo that started this command, or else the one to be found.
pub(crate) fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The variable that names a wrapper for crates of the workspace.
pub(crate) const WRAPPER: &str = "RUSTC_WORKSPACE_WRAPPER";

/// What the user has cargo start in the place of the compiler of the workspace: by a variable, or by
/// the settings of cargo that hold in the current folder.
///
/// # Errors
/// Where there is no current folder.
pub(crate) fn wrapper() -> Result<Option<PathBuf>> {
    let here = env::current_dir().context("there is no current folder")?;
    let by_variable = [WRAPPER, "CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER"].into_iter();
    if let Some(wrapper) = by_variable.filter_map(env::var_os).next() {
        // None is wanted where it is empty.
        return Ok(Some(wrapper).filter(|it| !it.is_empty()).map(|it| absolute(&here, it.into())));
    }
    let around = here.ancestors().map(|folder| folder.join(".cargo"));
    let folders = around.chain(env::var_os("CARGO_HOME").map(PathBuf::from));
    Ok(folders.filter_map(|folder| wrapper_of(&folder)).next())
}

/// The one in the settings that lie in a folder.
fn wrapper_of(folder: &Path) -> Option<PathBuf> {
    let texts = ["config", "config.toml"].map(|name| fs::read_to_string(folder.join(name)));
    // What else may be wrong with them, cargo says.
    let settings: toml::Table = texts.into_iter().find_map(Result::ok)?.parse().ok()?;
    let path = settings.get("build")?.get("rustc-workspace-wrapper")?.as_str()?;
    Some(absolute(folder.parent()?, path.into()))
}

/// A path is seen from a folder; what is a name only, is looked for where programs are.
fn absolute(folder: &Path, path: PathBuf) -> PathBuf {
    if path.components().count() > 1 { folder.join(path) } else { path }
}
