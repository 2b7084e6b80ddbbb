//! A program that the system ends for lack of memory, in a control group of its own.
#![cfg(target_os = "linux")]
#![allow(missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mem_profile::monitor::flight::End;
use mem_profile::monitor::{LastRun, last_run};

const MIB: u64 = 1 << 20;

/// A control group with a limit, while it lives.
struct Group(PathBuf);

impl Group {
    /// `None` where the system does not let one be made.
    fn with_limit(bytes: u64) -> Option<Self> {
        let name = format!("mem-profile-killed-{}", std::process::id());
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
    let Some(group) = Group::with_limit(90 * MIB) else {
        return eprintln!("skipped: no control group with a limit can be made here");
    };
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
