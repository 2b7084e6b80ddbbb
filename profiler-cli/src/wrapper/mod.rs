//! The command in the place of the compiler: cargo starts it for every crate of the workspace, by
//! `RUSTC_WORKSPACE_WRAPPER`, and it compiles a rewritten copy.

mod blame;
mod compile;
mod dep_info;
mod invocation;
mod lines;
mod messages;
mod notes;
mod settings;

use std::env;
use std::ffi::OsString;
use std::process::{Command, ExitCode, ExitStatus};

use anyhow::{Context, Result, bail};

use self::invocation::Invocation;
pub(crate) use self::settings::Settings;

/// Runs the compiler, if the process was started in its place.
pub(crate) fn run() -> Option<ExitCode> {
    let settings = env::var_os(settings::VARIABLE)?;
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let compiler = arguments.first()?;
    let is_compiler = std::path::Path::new(compiler).file_stem().is_some_and(|it| {
        let name = it.to_string_lossy();
        name.contains("rustc") || name.contains("clippy-driver")
    });
    if !is_compiler {
        return None;
    }
    match compile(&settings, &arguments) {
        Ok(code) => Some(code),
        Err(error) => {
            crate::output::complain("error", &format!("{error:#}"));
            Some(ExitCode::FAILURE)
        }
    }
}

fn compile(settings: &OsString, arguments: &[OsString]) -> Result<ExitCode> {
    let settings = Settings::read(settings)?;
    let [compiler, arguments @ ..] = arguments else { bail!("no compiler is named") };
    let Some(mut invocation) = Invocation::read(compiler, arguments) else {
        return status(rustc(&settings, compiler).args(arguments)).map(code);
    };
    let runtime = settings.runtime(&invocation)?;
    if let Some(runtime) = runtime.as_ref().filter(|_| settings.replaces) {
        invocation.replace_runtime(&runtime.library);
    }
    if settings.is_for_build(&invocation) {
        let mut command = rustc(&settings, compiler);
        // It may use a crate that is measured.
        runtime.iter().for_each(|runtime| runtime.find(&mut command));
        return status(command.args(&invocation.arguments)).map(code);
    }
    compile::run(&settings, &invocation, runtime)
}

/// The compiler, in the user's own wrapper if there is one. It loads macros of the workspace: they are
/// no part of what is measured.
fn rustc(settings: &Settings, compiler: &OsString) -> Command {
    let mut command = match &settings.wrapper {
        Some(wrapper) => Command::new(wrapper),
        None => Command::new(compiler),
    };
    command.args(settings.wrapper.is_some().then_some(compiler));
    command.env("MEM_PROFILE", "off").env_remove("MEM_PROFILE_TRACE");
    command
}

fn status(command: &mut Command) -> Result<ExitStatus> {
    let program = command.get_program().to_owned();
    command.status().with_context(|| format!("cannot start {}", program.display()))
}

fn code(status: ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}
