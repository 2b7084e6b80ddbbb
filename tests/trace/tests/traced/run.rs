//! Runs a program and reads what it prints.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A program of this package.
macro_rules! program {
    ($name:literal $(, $argument:expr)*) => {{
        let mut command = ::std::process::Command::new(env!(concat!("CARGO_BIN_EXE_", $name)));
        command.env_remove("MEM_PROFILE_TRACE").env("MEM_PROFILE_FORMAT", "none");
        $(command.arg($argument);)*
        command
    }};
}
pub(crate) use program;

pub(crate) fn run(command: &mut Command) -> Output {
    command.output().expect("the program starts")
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The tracer's report, without what a slow machine says while names are looked up.
pub(crate) fn report(output: &Output) -> String {
    let text = text(&output.stderr);
    let lines = text.split_inclusive('\n');
    lines.filter(|line| !line.starts_with("mem-profile trace: looking up names")).collect()
}

/// The output of a program that succeeded.
pub(crate) fn printed(command: &mut Command) -> String {
    let output = run(command);
    assert!(output.status.success(), "{}\n{}", output.status, text(&output.stderr));
    text(&output.stdout)
}

/// A folder for what the test called `name` writes.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}
