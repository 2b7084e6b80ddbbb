//! `list`: lists the sample files in this folder.

use anyhow::Result;
use clap::Args;
use mem_profile_format::report;

use crate::outcome::Outcome;
use crate::output::Target;
use crate::timeline::files;

/// List the sample files in this folder, with their numbers
#[derive(Args)]
pub(crate) struct Arguments {}

pub(crate) fn run() -> Result<Outcome> {
    let mut text = String::new();
    for (index, path) in files::all()?.iter().enumerate() {
        let name = report::printable(&path.display().to_string());
        let begun = files::begun(&name).map(|time| time.strftime("%H:%M:%S %d/%m/%Y").to_string());
        text += &format!("{index} {name} {}\n", begun.unwrap_or_default());
    }
    Target::Stdout.write(text.as_bytes())?;
    Ok(Outcome::Done)
}
