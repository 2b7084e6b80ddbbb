//! `clean`: removes all files of samples in this folder.

use anyhow::Result;
use clap::Args;

use super::rm::Trial;
use crate::outcome::Outcome;
use crate::timeline::files;

/// Remove all files of samples in this folder that are named mprofile_YYYYMMDDhhmmss.dat
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    trial: Trial,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    arguments.trial.remove(&files::all()?)
}
