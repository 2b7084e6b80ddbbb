//! What cargo knows of the project.

use std::env;
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
