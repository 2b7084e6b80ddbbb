//! The command in place of rustc: cargo starts it through `RUSTC_WORKSPACE_WRAPPER` for every crate of
//! the workspace, and it compiles a rewritten copy. This room owns the copies and everything that is said
//! about them. It never writes to the user's files, and never reports an error of a copy.

mod blame;
mod compile;
mod compiler;
mod dep_info;
mod invocation;
mod job;
mod lines;
mod messages;
mod mirror;
mod notes;
mod settings;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Result, bail};

use self::compiler::{exit_code, rustc, status_of};
use self::invocation::Invocation;
pub(crate) use self::settings::Settings;

/// Compiles a crate if cargo started this process in place of rustc.
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
            crate::output::status("error", &format!("{error:#}"));
            Some(ExitCode::FAILURE)
        }
    }
}

fn compile(settings: &OsString, arguments: &[OsString]) -> Result<ExitCode> {
    let settings = Settings::read(settings)?;
    let [compiler, arguments @ ..] = arguments else { bail!("no compiler is given") };
    let Some(mut invocation) = Invocation::read(compiler, arguments) else {
        return status_of(rustc(&settings, compiler).args(arguments)).map(exit_code);
    };
    let runtime = settings.runtime(&invocation)?;
    if let Some(runtime) = runtime.as_ref().filter(|_| settings.replaces) {
        invocation.replace_runtime(&runtime.library);
    }
    if settings.is_for_build(&invocation) {
        let mut command = rustc(&settings, compiler);
        // It may depend on a measured crate.
        runtime.iter().for_each(|runtime| runtime.find(&mut command));
        return status_of(command.args(&invocation.arguments)).map(exit_code);
    }
    compile::run(&settings, &invocation, runtime)
}
