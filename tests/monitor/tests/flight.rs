//! Recordings of programs that end in many ways.
#![cfg(target_os = "linux")]
#![allow(missing_docs)]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use mem_profile::monitor::flight::{End, Occasion};
use mem_profile::monitor::last_run;

const MIB: u64 = 1 << 20;

fn program(folder: &Path, how: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_recorded"));
    command.arg(how).env("MEM_PROFILE_FLIGHT", folder).env("MEM_PROFILE_FORMAT", "none");
    command.env("MEM_PROFILE_MONITOR", "interval=10ms").stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts it, and waits until it is ready.
fn start(mut command: Command) -> Child {
    let mut child = command.spawn().expect("the program starts");
    let mut ready = String::new();
    let stdout = child.stdout.as_mut().expect("a pipe");
    BufReader::new(stdout).read_line(&mut ready).expect("a line");
    assert_eq!(ready, "ready\n");
    child
}

/// Lets it end, and returns the end of its text on standard error.
fn end(mut child: Child) -> String {
    drop(child.stdin.take());
    child.wait().expect("it ends");
    let mut text = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut text).expect("text");
    text
}

/// The line of the program that holds 64 MiB.
fn line() -> String {
    let source = include_str!("../src/bin/recorded.rs");
    let line = source.lines().position(|line| line.ends_with("// holds")).expect("the comment");
    format!("tests/monitor/src/bin/recorded.rs:{}", line + 1)
}

#[test]
fn without_a_line_of_code_the_line_is_named_and_a_clean_end_is_said() {
    for how in ["returns", "exit"] {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(end(start(program(folder.path(), how))), "");
        let run = last_run(folder.path()).expect("a recording");
        assert_eq!(run.end, End::Well, "{how}: {}", run.text());
        assert!(run.text().contains(") ended well, with "), "{}", run.text());
        assert_eq!((&*run.lines[0].site, run.lines[0].bytes), (&*line(), 64 * MIB));
        // From one mark to the next one it grows by 16 MiB.
        assert!(run.curve.len() > 3 && run.mark.expect("a mark").resident > 40 * MIB);
        let parts = run.mark.expect("a mark").division().expect("parts");
        let sum = parts.live + parts.profiler + parts.files + parts.rest;
        assert_eq!(sum, run.mark.expect("a mark").resident);
        // It is written while the block is being filled.
        let is_whole = parts.live + parts.untouched >= 64 * MIB;
        assert!(is_whole && parts.profiler > 0 && parts.files > 0, "{parts:?}");
    }
}

#[test]
fn an_allocation_that_fails_leaves_a_mark_with_its_size() {
    let folder = tempfile::tempdir().expect("a folder");
    end(start(program(folder.path(), "fails")));
    let run = last_run(folder.path()).expect("a recording");
    assert_eq!((run.end, run.occasion), (End::Unclear, Some(Occasion::Failure)));
    assert_eq!(run.failed, Some(1 << 46));
    assert_eq!((&*run.lines[0].site, run.lines[0].bytes), (&*line(), 64 * MIB));
    let text = run.text();
    assert!(text.contains("there was no memory for a block of 65536.0 GiB then\n"), "{text}");
}

#[test]
fn a_signal_ends_a_run_without_a_word() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = start(program(folder.path(), "waits"));
    assert_eq!(last_run(folder.path()).expect("a recording").end, End::StillRuns);
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill").success());
    child.wait().expect("it ends");
    let run = last_run(folder.path()).expect("a recording");
    assert_eq!(run.end, End::Unclear);
    assert!(run.text().contains(" ended without a word, last seen at "), "{}", run.text());
}

#[test]
fn while_a_run_goes_on_the_last_one_is_the_one_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut first = start(program(folder.path(), "waits"));
    first.kill().expect("it runs");
    first.wait().expect("it ends");
    let second = start(program(folder.path(), "waits"));
    let run = last_run(folder.path()).expect("a recording");
    assert_eq!((run.process, run.end), (first.id(), End::Unclear));
    // A third one beside it has no recorder, says so once, and runs.
    let id = second.id();
    let path = folder.path().display();
    let expected = format!(
        "mem-profile: the flight recorder cannot use {path}: another process records in {path}\n"
    );
    assert_eq!(end(start(program(folder.path(), "returns"))), expected);
    assert_eq!(end(second), "");
    let run = last_run(folder.path()).expect("a recording");
    assert_eq!((run.process, run.end), (id, End::Well));
}

#[test]
fn a_folder_that_cannot_be_used_is_said_once_and_the_program_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "").expect("writable");
    let said = end(start(program(&file, "returns")));
    let expected = format!("mem-profile: the flight recorder cannot use {}: ", file.display());
    assert!(said.starts_with(&expected) && said.lines().count() == 1, "{said}");
    assert_eq!(fs::read(&file).expect("the file").len(), 0);
}

/// On a disk that has room for the curve and not for the marks.
#[test]
fn a_disk_that_is_full_is_said_once_and_the_program_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let mounted = "mount -t tmpfs -o size=256k none \"$0\" && exec \"$1\" returns";
    let program = program(folder.path(), "returns");
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", mounted]).arg(folder.path()).arg(program.get_program());
    command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = command.output().expect("unshare");
    let said = String::from_utf8_lossy(&output.stderr);
    if output.stdout != b"ready\n" {
        return eprintln!("skipped: nothing can be mounted here: {said}");
    }
    assert!(output.status.success() && said.lines().count() == 1, "{said}");
    assert!(said.contains("cannot use ") && said.contains("No space left on device"), "{said}");
}
