//! `completions`: what a shell needs to complete the command.

use anyhow::Result;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::outcome::Outcome;
use crate::output::Target;

/// Write completions of this command for a shell
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile completions bash > ~/.local/share/bash-completion/completions/cargo-mem-profile
  cargo mem-profile completions fish > ~/.config/fish/completions/cargo-mem-profile.fish";

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let mut script = Vec::new();
    let mut command = super::Arguments::command();
    clap_complete::generate(arguments.shell, &mut command, "cargo-mem-profile", &mut script);
    Target::Stdout.write(&script)?;
    Ok(Outcome::Done)
}
