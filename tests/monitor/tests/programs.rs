//! Runs programs with a monitor.
#![cfg(target_os = "linux")]
#![allow(missing_docs)]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mem_profile::trace::{self, By};

const MIB: i64 = 1 << 20;

#[test]
fn a_forked_child_has_no_monitor_but_its_own() {
    run(&mut Command::new(env!("CARGO_BIN_EXE_forks")));
}

#[test]
fn a_monitor_stops_at_once_and_is_not_counted() {
    run(&mut Command::new(env!("CARGO_BIN_EXE_stops")));
}

#[test]
fn child_processes_are_measured_each_by_itself() {
    run(&mut Command::new(env!("CARGO_BIN_EXE_family")));
}

fn run(command: &mut Command) {
    let output = command.env_remove("MEM_PROFILE_MONITOR").output().expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What `logs` writes to standard output and standard error.
fn logged(arguments: &[&str]) -> (String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_logs"));
    command.args(arguments).env_remove("MEM_PROFILE_MONITOR").env_remove("RUST_LOG");
    command.env("MEM_PROFILE_LIVE", "on").env("MEM_PROFILE_FORMAT", "none");
    let output = command.output().expect("the program starts");
    let [stdout, stderr] =
        [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    assert!(output.status.success(), "{stdout}{stderr}");
    (stdout, stderr)
}

/// The line of `logs` that holds its memory.
fn holds() -> String {
    format!(
        "tests/monitor/src/bin/logs.rs:{}",
        line(include_str!("../src/bin/logs.rs"), "// holds")
    )
}

#[test]
fn an_event_is_one_record_of_the_logger() {
    for (argument, level) in [("warning", "WARN"), ("critical", "ERROR")] {
        let (stdout, stderr) = logged(&["log", argument]);
        assert_eq!((stdout.lines().count(), &*stderr), (1, ""), "{stdout}");
        let start = format!("{level} mem_profile::monitor {argument}: logs (");
        let named = format!("|  {} logs::hold +64.0 MiB, holds 64.0 MiB|", holds());
        assert!(stdout.starts_with(&start) && stdout.contains(&named), "{stdout}");
    }
}

#[test]
fn an_event_is_one_record_of_the_subscriber_with_fields() {
    for (argument, level) in [("warning", " WARN"), ("critical", "ERROR")] {
        let (stdout, stderr) = logged(&["tracing", argument]);
        // The subscriber is also behind the crate `log`, by which no second record comes.
        let start = format!("{level} mem_profile::monitor: {argument}: logs (");
        assert_eq!((stdout.matches(&start).count(), &*stderr), (1, ""), "{stdout}");
        assert_eq!(stdout.matches("mem_profile::monitor").count(), 1, "{stdout}");
        let bytes = 64 << 20;
        let line = format!(" line=\"{}\" line_bytes={bytes} line_grown={bytes}\n", holds());
        for field in [" process=\"logs (", " cause=\"above\" resident=", " limit=", &line] {
            assert!(stdout.contains(field), "{field}: {stdout}");
        }
    }
}

#[test]
fn the_filter_of_a_logger_holds() {
    assert_eq!(logged(&["filtered", "warning"]), (String::new(), String::new()));
    assert!(logged(&["filtered", "critical"]).0.starts_with("ERROR "));
}

#[test]
fn without_a_logger_events_go_to_standard_error() {
    let (stdout, stderr) = logged(&["none", "warning"]);
    assert_eq!((&*stdout, stderr.matches("mem-profile: warning: logs (").count()), ("", 1));
}

/// The line of a source that ends with this comment.
fn line(source: &str, comment: &str) -> usize {
    1 + source.lines().position(|line| line.ends_with(comment)).expect("the comment")
}

/// The warning of a program that leaks.
fn warning(argument: &str, live: &str, settings: &str) -> Vec<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leaks"));
    command.arg(argument).env("MEM_PROFILE_MONITOR", settings).env("MEM_PROFILE_LIVE", live);
    command.env("MEM_PROFILE_FORMAT", "none").stdin(Stdio::piped());
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let mut crossed = String::new();
    let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    stdout.read_line(&mut crossed).expect("a line");
    assert_eq!(crossed, "crossed\n");
    let mut stderr = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut first = String::new();
    stderr.read_line(&mut first).expect("a line");
    drop(child.stdin.take());
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).expect("text");
    assert!(child.wait().expect("the program ends").success(), "{first}{rest}");
    format!("{first}{rest}").lines().map(str::to_owned).collect()
}

fn check(warning: &[String], leaks: &str, holds: &str) {
    let headline = &warning[0];
    assert!(headline.starts_with("mem-profile: warning: leaks ("), "{warning:#?}");
    assert!(headline.contains("): resident set ") && headline.contains(", above 64.0 MiB, limit "));
    assert!(warning[1].starts_with(&format!("  {leaks} +")), "{warning:#?}");
    let holds = format!("  {holds} +8.0 MiB, holds 8.0 MiB");
    assert!(warning.contains(&holds), "{holds:?} is not in {warning:#?}");
    let account =
        warning.iter().any(|line| line.starts_with("  resident set ") && line.contains(": "));
    assert!(account, "{warning:#?}");
}

/// The file that the last line of a warning names, which is the only one in the folder.
fn snapshot(warning: &[String], folder: &Path, extension: &str) -> PathBuf {
    let path = warning.last().and_then(|line| line.strip_prefix("  snapshot: "));
    let path = PathBuf::from(path.unwrap_or_else(|| panic!("{warning:#?}")));
    let files = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path());
    assert_eq!(files.collect::<Vec<_>>(), [&*path]);
    let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
    assert!(name.starts_with("leaks-20") && name.ends_with(extension), "{name}");
    path
}

#[test]
fn a_warning_names_the_line_that_leaks_and_a_snapshot() {
    let file = "tests/monitor/src/bin/leaks.rs";
    let source = include_str!("../src/bin/leaks.rs");
    let [leaks, holds] =
        ["// leaks", "// holds"].map(|comment| format!("{file}:{}", line(source, comment)));
    let folder = tempfile::tempdir().expect("a folder");
    let settings = |name| {
        let folder = folder.path().join(name);
        (format!("above=64MiB,interval=1s,snapshots={}", folder.display()), folder)
    };
    let (by_lines, folder) = settings("lines");
    let warning = self::warning("-", "on", &by_lines);
    check(&warning, &format!("{leaks} leaks::leak"), &format!("{holds} leaks::cache"));
    let tables = fs::read_to_string(snapshot(&warning, &folder, ".json")).expect("a report");
    assert!(tables.starts_with('{') && tables.contains("leaks::leak"), "{tables}");
}

#[test]
fn by_the_tracer_a_warning_names_the_line_and_its_snapshot_is_loaded() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = format!("above=64MiB,interval=1s,snapshots={}", folder.path().display());
    let warning = warning("traced", "off", &settings);
    // The innermost line of the program's own is that of the shared function.
    let shared = format!("tests/monitor/src/lib.rs:{}", 8);
    let named = warning[1].starts_with(&format!("  {shared} monitored::touched +"));
    assert!(named, "{warning:#?}");
    let path = snapshot(&warning, folder.path(), ".mtrace");
    let saved = trace::Snapshot::load(path).expect("a snapshot");
    let first = &saved.statistics(By::Line)[0];
    // 64 to 100 blocks that leak, and the cache.
    assert_eq!((first.size % MIB, first.size / MIB - 8), (0, first.count - 1));
    assert!((64..=100).contains(&(first.count - 1)), "{first}");
    assert!(first.to_string().starts_with(&shared), "{first}");
}

#[test]
fn without_lines_a_warning_says_what_would_name_them() {
    let warning = warning("-", "off", "above=64MiB,interval=20ms");
    assert!(warning[1].starts_with("  no line is known: MEM_PROFILE_TRACE=sample"), "{warning:#?}");
}

#[test]
fn settings_that_are_not_understood_are_named_and_the_rest_holds() {
    let warning = warning("-", "off", "abov=1,interval=soon,interval=20ms,above=64MiB");
    let expected = [
        "mem-profile: MEM_PROFILE_MONITOR: abov is not known and has no effect: there are above, critical, \
         interval, growth, log, children, snapshots, listen, token",
        "mem-profile: MEM_PROFILE_MONITOR: interval=soon is not a time, such as 30s or 1min",
    ];
    assert_eq!(warning[..2], expected);
    assert!(warning[2].starts_with("mem-profile: warning: leaks ("), "{warning:#?}");
}
