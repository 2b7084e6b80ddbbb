//! `man`: generates manual pages.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Command};
use clap_mangen::Man;

use crate::outcome::Outcome;
use crate::output::{self, Target};

/// Generate manual pages
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Write the pages of all commands to this folder [default: print the page of `cargo
    /// mem-profile`]
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile man | man -l -
  cargo mem-profile man --output ~/.local/share/man/man1 && man cargo-mem-profile-run";

/// `command` describes all options.
pub(crate) fn run(arguments: &Arguments, command: Command) -> Result<Outcome> {
    let command = command.bin_name("cargo-mem-profile");
    let Some(folder) = &arguments.output else {
        let mut page = Vec::new();
        Man::new(command).render(&mut page)?;
        Target::Stdout.write(&page)?;
        return Ok(Outcome::Done);
    };
    let shown = folder.display();
    let written =
        fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder));
    written.with_context(|| format!("cannot write pages into {shown}"))?;
    output::status("wrote", &shown.to_string());
    Ok(Outcome::Done)
}
