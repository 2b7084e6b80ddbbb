//! `completions`: generates completions for a shell.

use anyhow::Result;
use clap::{Args, Command};
use clap_complete::Shell;

use crate::outcome::Outcome;
use crate::output::Target;

/// Generate completions for a shell
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Shell to generate for
    #[arg(value_enum)]
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile completions bash > ~/.local/share/bash-completion/completions/cargo-mem-profile
  cargo mem-profile completions fish > ~/.config/fish/completions/cargo-mem-profile.fish";

/// `command` describes all options.
pub(crate) fn run(arguments: &Arguments, mut command: Command) -> Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "cargo-mem-profile", &mut script);
    Target::Stdout.write(&script)?;
    Ok(Outcome::Done)
}
