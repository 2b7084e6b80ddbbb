//! `post-mortem`: says how the last run ended that a flight recorder has recorded.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use mem_profile_monitor::last_run;

use crate::outcome::Outcome;
use crate::output::Target;

/// Say how the last run of a program ended, and which lines held its memory
///
/// Reads what a monitor with `record_dir` has written. Where the program runs again, that is the run before.
#[derive(Args)]
#[command(after_help = "Examples:\n  cargo mem-profile post-mortem /var/lib/app/flight")]
pub(crate) struct Arguments {
    /// Folder of the flight recorder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let folder = &arguments.folder;
    let cannot =
        || format!("cannot read the recording of a flight recorder in {}", folder.display());
    let run = last_run(folder).with_context(cannot)?;
    Target::Stdout.write_text(&run.text())?;
    Ok(Outcome::Done)
}
