//! Runs a program in a process of its own.

use std::process::Command;

/// The output of a program, whose captures go into a folder of their own.
pub(crate) fn run(program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(program);
    command.arg(folder.path().join("captured.mheap")).args(arguments);
    command.env("MEM_PROFILE_FORMAT", "none").envs(environment.iter().copied());
    let output = command.output().expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}\n{}", output.status, text(&output.stderr));
    eprintln!("{}", text(&output.stderr));
    text(&output.stdout)
}
