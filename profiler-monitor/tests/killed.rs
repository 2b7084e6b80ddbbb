//! A process that leaks and is killed: its recording is whole, and names the line that leaked.
#![cfg(all(feature = "process", target_os = "linux"))]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use mem_profile_monitor::flight::{End, Recorder};
use mem_profile_monitor::{Sample, last_run};
use mem_profile_trace::{self as trace, Config};

#[global_allocator]
static ALLOC: mem_profile_runtime::Alloc = mem_profile_runtime::Alloc::new();

/// The control group that the child is to enter.
const GROUP: &str = "FLIGHT_TEST_GROUP";
const FOLDER: &str = "FLIGHT_TEST_FOLDER";
const MIB: usize = 1 << 20;

#[inline(never)]
fn leak(blocks: &mut Vec<Vec<[u8; 1024]>>) {
    blocks.push(vec![[1; 1024]; MIB / 1024]); // leaks
}

fn line() -> String {
    let sources = include_str!("killed.rs");
    let at = sources.lines().position(|line| line.ends_with("// leaks")).unwrap() + 1;
    format!("tests/killed.rs:{at}")
}

#[test]
fn the_recording_of_a_killed_process_names_the_line_that_leaked() {
    if let Some(folder) = env::var_os(FOLDER) {
        if let Some(group) = env::var_os(GROUP) {
            fs::write(Path::new(&group).join("cgroup.procs"), "0").unwrap();
        }
        trace::start(Config::exact()).unwrap();
        let group = env::var_os(GROUP).map(PathBuf::from);
        let mut recorder =
            Recorder::open(folder.as_ref(), group.as_deref(), &Sample::default()).unwrap();
        let mut blocks = Vec::new();
        // A child that is ended for lack of memory never comes to its end.
        let most = if group.is_some() { 2000 } else { 100 };
        for mib in 0..most {
            let sample = Sample { resident: mib * MIB as u64, ..Sample::default() };
            recorder.tick(&sample, mib == 98).unwrap();
            leak(&mut blocks);
        }
        let own = std::process::id().to_string();
        Command::new("kill").args(["-KILL", &own]).status().unwrap();
        std::thread::sleep(Duration::from_secs(60));
    }
    let folder = tempfile::tempdir().unwrap();
    let name = "the_recording_of_a_killed_process_names_the_line_that_leaked";
    let status = Command::new(env::current_exe().unwrap())
        .args([name, "--exact"])
        .env(FOLDER, folder.path())
        .status();
    assert!(!status.unwrap().success());
    let run = last_run(folder.path()).unwrap();
    assert_eq!((run.end, run.curve.len()), (End::Unclear, 100));
    assert_eq!(run.mark.unwrap().resident, 98 << 20, "when it became critical");
    let first = run.lines.first().unwrap();
    assert!(first.site.ends_with(&line()), "{}", run.text());
    // The list of the blocks has grown on the same line.
    assert_eq!(first.bytes, (98 << 20) + 128 * 24);
}

/// A control group with a limit, while it lives.
struct Group(PathBuf);

impl Group {
    /// `None` where the system does not let one be made.
    fn with_limit(bytes: usize) -> Option<Self> {
        let name = format!("mem-profile-test-{}", std::process::id());
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

#[test]
fn the_out_of_memory_killer_leaves_a_recording_that_names_the_line() {
    let Some(group) = Group::with_limit(200 * MIB) else {
        eprintln!("skipped: no control group with a limit can be made here");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let status = Command::new(env::current_exe().unwrap())
        .args(["the_recording_of_a_killed_process_names_the_line_that_leaked", "--exact"])
        .env(FOLDER, folder.path())
        .env(GROUP, &group.0)
        .status();
    assert!(!status.unwrap().success());
    let run = last_run(folder.path()).unwrap();
    assert_eq!(run.end, End::OutOfMemory(1), "{}", run.text());
    let first = run.lines.first().unwrap();
    assert!(first.site.ends_with(&line()) && first.bytes > 90 << 20, "{}", run.text());
    let text = run.text();
    assert!(
        text.contains(") was killed, last seen at ")
            && text.contains(": oom_kill of its control group rose by 1\n")
    );
}
