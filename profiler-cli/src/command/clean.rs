//! `clean`: removes all sample files in this folder.

use anyhow::Result;
use clap::Args;

use super::rm::Trial;
use crate::outcome::Outcome;
use crate::timeline::files;

/// Remove all sample files named mprofile_YYYYMMDDhhmmss.dat in this folder
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    trial: Trial,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    arguments.trial.remove(&files::all()?)
}
