//! `rm`: removes sample files.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use mem_profile_format::report::printable_line;

use crate::outcome::Outcome;
use crate::output::Target;
use crate::timeline::files;

/// Remove sample files
#[derive(Args)]
pub(crate) struct Arguments {
    /// Sample files, or their numbers in `list`; -1 is the last
    #[arg(required = true, allow_negative_numbers = true)]
    files: Vec<String>,
    #[command(flatten)]
    pub(super) trial: Trial,
}

/// Whether files are removed, or only shown.
#[derive(Args)]
pub(super) struct Trial {
    /// Print the files that would be removed, and remove none
    #[arg(long)]
    dry_run: bool,
}

impl Trial {
    /// Removes the files, or prints them.
    pub(super) fn remove(&self, files: &[PathBuf]) -> Result<Outcome> {
        if self.dry_run {
            let names = files
                .iter()
                .map(|path| format!("{}\n", printable_line(&path.display().to_string())));
            Target::Stdout.write(names.collect::<String>().as_bytes())?;
            return Ok(Outcome::Done);
        }
        for path in files {
            fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
        Ok(Outcome::Done)
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    arguments.trial.remove(&files::choose(&arguments.files)?)
}
