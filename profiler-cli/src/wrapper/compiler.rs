//! Runs rustc.

use std::ffi::OsString;
use std::process::{Command, ExitCode, ExitStatus};

use anyhow::{Context, Result};

use super::settings::Settings;

/// A command for rustc, inside the user's own wrapper if there is one. Measuring is off in it, since it
/// loads macros of the workspace.
pub(super) fn rustc(settings: &Settings, compiler: &OsString) -> Command {
    let mut command = match &settings.wrapper {
        Some(wrapper) => Command::new(wrapper),
        None => Command::new(compiler),
    };
    command.args(settings.wrapper.is_some().then_some(compiler));
    command.env("MEM_PROFILE", "off").env_remove("MEM_PROFILE_TRACE");
    command
}

pub(super) fn status_of(command: &mut Command) -> Result<ExitStatus> {
    let program = command.get_program().to_owned();
    command.status().with_context(|| format!("cannot start {}", program.display()))
}

pub(super) fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}
