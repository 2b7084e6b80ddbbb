//! A program that the system ends for lack of memory, in a control group of its own.
#![cfg(target_os = "linux")]
#![allow(missing_docs)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use mem_profile::monitor::flight::End;
use mem_profile::monitor::{LastRun, last_run};

const MIB: u64 = 1 << 20;

const SKIPPED: &str = "skipped: no control group with a limit can be made here";

/// A control group with a limit, while it lives.
struct Group(PathBuf);

impl Group {
    /// `None` where the system does not let one be made.
    fn with_limit(name: &str, bytes: u64) -> Option<Self> {
        let name = format!("mem-profile-{name}-{}", std::process::id());
        let versions =
            [("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")];
        versions.into_iter().find_map(|(root, limit)| {
            let root = Path::new(root);
            // A hierarchy without memory would make the folder all the same.
            root.join("cgroup.procs").exists().then_some(())?;
            let group = Self(root.join(&name));
            fs::create_dir(&group.0).ok()?;
            fs::write(group.0.join(limit), bytes.to_string()).ok()?;
            Some(group)
        })
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

/// Numbers, their units and the curve differ from run to run.
fn form(text: &str) -> String {
    let mut form = String::new();
    let text = text.replace("KiB", "MiB");
    for sign in text.chars() {
        let sign = match sign {
            '0'..='9' => '0',
            '▁'..='█' => '█',
            other => other,
        };
        if !(matches!(sign, '0' | '█') && form.ends_with(sign)) {
            form.push(sign);
        }
    }
    // The width of a column.
    form.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n").collect()
}

fn shown_in_guide() -> String {
    let guide = include_str!("../../../docs/flight.md");
    let (_, shown) = guide.split_once("<!-- output: recorded -->\n```text\n").expect("a block");
    shown.split_once("```").expect("its end").0.to_owned()
}

/// The recording of a program that leaks until it is killed.
fn killed(group: &Group, folder: &Path) -> LastRun {
    let mut command = Command::new("sh");
    command.args(["-c", "echo $$ >\"$0/cgroup.procs\" && exec \"$1\" leaks"]).arg(&group.0);
    command.arg(env!("CARGO_BIN_EXE_recorded")).env("MEM_PROFILE_FLIGHT", folder);
    command.env("MEM_PROFILE_FORMAT", "none").env("MEM_PROFILE_MONITOR", "interval=10ms,log=off");
    let output = command.output().expect("the program starts");
    assert!(!output.status.success());
    last_run(folder).expect("a recording")
}

#[test]
fn the_out_of_memory_killer_leaves_a_recording_that_names_the_line_as_the_guide_shows() {
    let Some(group) = Group::with_limit("killed", 90 * MIB) else { return eprintln!("{SKIPPED}") };
    let folder = tempfile::tempdir().expect("a folder");
    let run = killed(&group, folder.path());
    let text = run.text();
    assert_eq!(run.end, End::OutOfMemory(1), "{text}");
    let source = include_str!("../src/bin/recorded.rs");
    let line = source.lines().position(|line| line.ends_with("// leaks")).expect("the comment");
    let leaks = format!("tests/monitor/src/bin/recorded.rs:{}", line + 1);
    // The last mark is a step of 16 MiB away at most.
    assert_eq!((&*run.lines[0].site, &*run.lines[0].function), (&*leaks, "recorded::leak"));
    assert!(run.lines[0].bytes >= 50 * MIB, "{text}");
    let last = run.curve.last().expect("a sample");
    assert_eq!(last.limit.map(|limit| limit.bytes), Some(90 * MIB));
    assert!(last.used() > 60 * MIB, "{text}");
    let path = env!("CARGO_BIN_EXE_recorded");
    let shown = text.replace(path, "target/debug/recorded");
    assert_eq!(form(&shown), form(&shown_in_guide()), "{shown}");
    assert!(shown_in_guide().contains(&format!("{leaks} ")));
}

/// Its first group still says that nobody was ended there, which is no answer.
#[test]
fn a_program_that_was_moved_is_asked_for_in_its_last_group() {
    let Some(group) = Group::with_limit("moved", 200 * MIB) else { return eprintln!("{SKIPPED}") };
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_recorded"));
    command.arg("waits").env("MEM_PROFILE_FLIGHT", folder.path()).env("MEM_PROFILE_FORMAT", "none");
    command.env("MEM_PROFILE_MONITOR", "interval=10ms,log=off");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("starts");
    let mut ready = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut ready).expect("a line");
    fs::write(group.0.join("cgroup.procs"), child.id().to_string()).expect("moves");
    let is_there = || {
        let run = last_run(folder.path()).expect("a recording");
        run.curve.last().is_some_and(|last| last.limit.is_some_and(|it| it.bytes == 200 * MIB))
    };
    while !is_there() {
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("ends");
    child.wait().expect("its end");
    assert_eq!(last_run(folder.path()).expect("a recording").end, End::Unclear);
    drop(group);
    let run = last_run(folder.path()).expect("a recording");
    assert_eq!((run.end, run.notes.len()), (End::Unknown, 1), "{}", run.text());
}
