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

/// The line of a program's source that ends with this comment.
fn line(name: &str, comment: &str) -> String {
    let source = match name {
        "refused" => include_str!("../src/bin/refused.rs"),
        _ => include_str!("../src/bin/recorded.rs"),
    };
    let line = source.lines().position(|line| line.ends_with(comment)).expect("the comment");
    format!("tests/monitor/src/bin/{name}.rs:{}", line + 1)
}

/// The line of the program that holds 64 MiB.
fn holds() -> String {
    line("recorded", "// holds")
}

#[test]
fn without_a_line_of_code_the_line_is_named_and_a_clean_end_is_said() {
    for how in ["returns", "exit"] {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(end(start(program(folder.path(), how))), "");
        let run = last_run(folder.path()).expect("a recording");
        assert_eq!(run.end, End::Well, "{how}: {}", run.text());
        assert!(run.text().contains(") ended well, with "), "{}", run.text());
        assert_eq!((&*run.lines[0].site, run.lines[0].bytes), (&*holds(), 64 * MIB));
        // From one mark to the next one it grows by 16 MiB.
        assert!(run.curve.len() > 3 && run.mark.expect("a mark").resident > 40 * MIB);
        let parts = run.mark.expect("a mark").division().expect("parts");
        let sum = parts.live + parts.profiler + parts.files + parts.rest;
        assert_eq!(sum, run.mark.expect("a mark").resident);
        // It is written while the block is being filled.
        let is_whole = parts.live + parts.untouched >= 64 * MIB;
        // With the tables of the tracer.
        assert!(is_whole && parts.profiler > MIB / 8 && parts.files > 0, "{parts:?}");
    }
}

/// By the tracer, and by the lines of measured functions.
#[test]
fn an_allocation_that_fails_leaves_a_mark_with_its_size_and_its_line() {
    let asks = line("recorded", "// asks");
    for (how, bytes) in [("fails", 1 << 46), ("fails to grow", 1 << 46), ("is limited", 256 * MIB)]
    {
        for live in [None, Some("on")] {
            let folder = tempfile::tempdir().expect("a folder");
            let mut command = program(folder.path(), how);
            command.envs(live.map(|live| ("MEM_PROFILE_LIVE", live)));
            end(start(command));
            let run = last_run(folder.path()).expect("a recording");
            assert_eq!(run.occasion, Some(Occasion::Failure), "{how}: {}", run.text());
            assert_eq!((run.failed, &run.end), (Some(bytes), &End::Unclear), "{how}");
            assert_eq!((&*run.lines[0].site, run.lines[0].bytes), (&*holds(), 64 * MIB));
            let asked = run.failed_line.as_ref().expect("a line");
            let expected = (asks.as_str(), "recorded::ask", bytes);
            assert_eq!((&*asked.site, &*asked.function, asked.bytes), expected);
            let size = if bytes > MIB << 20 { "65536.0 GiB" } else { "256.0 MiB" };
            let said = format!(
                "\nthere was no memory for a block of {size} then, asked for by {asks} recorded::ask\n"
            );
            assert!(run.text().contains(&said), "{}", run.text());
        }
    }
}

#[test]
fn an_allocator_that_refuses_a_block_is_heard_and_the_mark_allocates_nothing() {
    for live in [None, Some("on")] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = program(folder.path(), "");
        let mut refused = Command::new(env!("CARGO_BIN_EXE_refused"));
        refused.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        refused.envs(live.map(|live| ("MEM_PROFILE_LIVE", live)));
        refused.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command = refused;
        let said = end(start(command));
        let run = last_run(folder.path()).expect("a recording");
        assert_eq!(
            (run.failed, run.occasion),
            (Some(100 * MIB), Some(Occasion::Failure)),
            "{said}"
        );
        let [asks, holds] = ["// asks", "// holds"].map(|comment| line("refused", comment));
        assert_eq!(run.failed_line.as_ref().map(|line| &*line.site), Some(&*asks));
        assert_eq!((&*run.lines[0].site, run.lines[0].bytes), (&*holds, 32 * MIB));
    }
}

#[test]
fn without_the_tracer_lines_of_measured_functions_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path(), "waits");
    command.env("MEM_PROFILE_LIVE", "on");
    let mut child = start(command);
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    let run = last_run(folder.path()).expect("a recording");
    let first = &run.lines[0];
    let expected = (&*holds(), "recorded::hold", 64 * MIB);
    assert_eq!((&*first.site, &*first.function, first.bytes), expected);
    let outside = run.lines.iter().find(|line| line.site == "outside of measured functions");
    let outside = outside.map_or(0, |line| line.bytes);
    assert_eq!(run.held, 64 * MIB + outside, "each block is on one line");
    assert!(run.notes.is_empty(), "{:?}", run.notes);
}

#[test]
fn without_lines_a_recording_says_what_would_name_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path(), "returns");
    command.env("MEM_PROFILE_LIVE", "off");
    end(start(command));
    let run = last_run(folder.path()).expect("a recording");
    assert!(
        run.lines.is_empty()
            && run.text().contains("\nnote: no line is known: MEM_PROFILE_TRACE=sample")
    );
}

#[test]
fn a_forked_child_has_no_part_in_the_recording() {
    let folder = tempfile::tempdir().expect("a folder");
    let said = end(start(program(folder.path(), "forks")));
    let busy = format!("another process records in {}\n", folder.path().display());
    assert!(said.ends_with(&busy) && said.lines().count() == 1, "{said}");
    let run = last_run(folder.path()).expect("a recording");
    assert_eq!((run.end, run.occasion, run.failed), (End::Unclear, Some(Occasion::High), None));
}

/// Copies a program. If this process wrote the file, a child of another test could have it open for a moment, and then
/// it could not be run.
fn copied(program: &str, to: &Path) {
    assert!(Command::new("cp").arg(program).arg(to).status().expect("cp").success());
}

/// A file that was replaced by another one names nothing wrong.
#[test]
fn a_program_that_was_replaced_since_is_named_and_gives_no_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("copy");
    copied(env!("CARGO_BIN_EXE_recorded"), &copy);
    let flight = folder.path().join("flight");
    let original = program(&flight, "returns");
    let mut command = Command::new(&copy);
    command.args(original.get_args());
    command.envs(original.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    end(start(command));
    assert_eq!(last_run(&flight).expect("a recording").lines[0].site, holds());
    fs::remove_file(&copy).expect("a file");
    let note = |what| format!("{} {what}, so its lines have no names", copy.display());
    let run = last_run(&flight).expect("a recording");
    assert!(run.notes.contains(&note("is not there")), "{:?}", run.notes);
    copied(env!("CARGO_BIN_EXE_refused"), &copy);
    let run = last_run(&flight).expect("a recording");
    assert!(run.notes.contains(&note("has changed since")), "{:?}", run.notes);
    assert!(run.lines.iter().all(|line| !line.site.contains(".rs:")), "{:?}", run.lines);
    assert!(run.held >= 64 * MIB);
}

/// Of many that begin at the same time, one records, and the others say so and run.
#[test]
fn one_process_records_in_a_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let children: Vec<_> = (0..6)
        .map(|_| program(folder.path(), "waits").spawn().expect("the program starts"))
        .collect();
    let ready = |mut child: Child| {
        let stdout = child.stdout.as_mut().expect("a pipe");
        BufReader::new(stdout).read_line(&mut String::new()).expect("a line");
        child
    };
    let children: Vec<_> = children.into_iter().map(ready).collect();
    let said: Vec<_> = children.into_iter().map(end).collect();
    let busy = said.iter().filter(|said| said.contains(": another process records in ")).count();
    assert_eq!((busy, said.iter().filter(|said| said.is_empty()).count()), (5, 1), "{said:?}");
    assert_eq!(last_run(folder.path()).expect("a recording").end, End::Well);
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

/// On a disk that has room for the curve and not for the marks, and on one that cannot be written to.
#[test]
fn a_disk_that_is_full_or_read_only_is_said_once_and_the_program_runs() {
    for (options, reason) in
        [("size=256k", "No space left on device"), ("ro", "Read-only file system")]
    {
        let folder = tempfile::tempdir().expect("a folder");
        let mounted = "mount -t tmpfs -o \"$2\" none \"$0\" && exec \"$1\" returns";
        let program = program(folder.path(), "returns");
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", mounted]).arg(folder.path());
        command.arg(program.get_program()).arg(options);
        command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = command.output().expect("unshare");
        let said = String::from_utf8_lossy(&output.stderr);
        if output.stdout != b"ready\n" {
            return eprintln!("skipped: nothing can be mounted here: {said}");
        }
        assert!(output.status.success() && said.lines().count() == 1, "{said}");
        assert!(said.contains("cannot use ") && said.contains(reason), "{said}");
    }
}
