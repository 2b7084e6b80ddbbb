//! Control groups of version 2, where they have the memory. `.ci/run cgroup2` starts a system in which they do.
#![cfg(target_os = "linux")]
#![allow(missing_docs)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mem_profile::monitor::flight::{End, Occasion};
use mem_profile::monitor::{LastRun, Limit, LimitKind, last_run};

const MIB: u64 = 1 << 20;
/// Nobody waits longer.
const LONG: Duration = Duration::from_secs(60);

/// A group with two groups in it.
struct Groups(PathBuf);

impl Groups {
    /// `None` where version 2 does not have the memory, or the system does not let them be made.
    fn new(name: &str) -> Option<Self> {
        let root = Path::new("/sys/fs/cgroup");
        let control = fs::read_to_string(root.join("cgroup.subtree_control")).unwrap_or_default();
        let outer = root.join(format!("mem-profile-{name}-{}", std::process::id()));
        let has_memory = control.split_whitespace().any(|it| it == "memory");
        if !has_memory || fs::create_dir(&outer).is_err() {
            eprintln!("skipped: control groups of version 2 do not have the memory here");
            return None;
        }
        let groups = Self(outer);
        groups.set("cgroup.subtree_control", "+memory");
        fs::create_dir(groups.0.join("own")).expect("a group");
        fs::create_dir(groups.0.join("beside")).expect("a group");
        Some(groups)
    }

    fn set(&self, file: &str, value: impl ToString) {
        fs::write(self.0.join(file), value.to_string()).expect(file);
    }

    /// Starts the program in one of them, with a recorder if it has a folder for that.
    fn start(&self, group: &str, how: &str, flight: Option<&Path>) -> Child {
        let mut command = Command::new("sh");
        command.args(["-c", "echo $$ >\"$0/cgroup.procs\" && exec \"$@\""]);
        command.arg(self.0.join(group)).arg(env!("CARGO_BIN_EXE_recorded")).arg(how);
        command.env("MEM_PROFILE_FORMAT", "none");
        if let Some(flight) = flight {
            // Names are looked up for a warning, which takes long where memory is slow to come.
            let settings = "interval=10ms,log=off,above=1TiB,critical=1TiB";
            command.env("MEM_PROFILE_FLIGHT", flight).env("MEM_PROFILE_MONITOR", settings);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("starts")
    }
}

impl Drop for Groups {
    fn drop(&mut self) {
        for group in ["own", "beside", ""] {
            let _ = fs::remove_dir(self.0.join(group));
        }
    }
}

fn read(folder: &Path) -> LastRun {
    last_run(folder).expect("a recording")
}

/// One beside it holds 64 MiB, so it is ended long before it reaches its own limit, which is smaller.
#[test]
fn a_process_that_is_ended_for_the_limit_around_its_group_says_so() {
    // The system counts one process twice where it ends a whole group.
    for (whole, kills) in [(None, 1..=1), (Some("own"), 1..=2), (Some("."), 2..=3)] {
        let Some(groups) = Groups::new("around") else { return };
        groups.set("memory.max", 200 * MIB);
        groups.set("own/memory.max", 190 * MIB);
        whole.iter().for_each(|group| groups.set(&format!("{group}/memory.oom.group"), 1));
        let folder = tempfile::tempdir().expect("a folder");
        // It takes no more, or the system might end it too.
        let mut beside = groups.start("beside", "waits", None);
        // It would end when that is closed.
        let (_stdin, stdout) = (beside.stdin.take(), beside.stdout.take().expect("a pipe"));
        BufReader::new(stdout).read_line(&mut String::new()).expect("a line");
        let flight = folder.path();
        assert!(!groups.start("own", "leaks", Some(flight)).wait().expect("ends").success());
        // It is ended as well, a moment later.
        match whole {
            Some(".") => assert!(!beside.wait().expect("ends").success()),
            _ => assert!(beside.try_wait().expect("a state").is_none()),
        }

        let run = read(flight);
        let text = run.text();
        assert!(matches!(run.end, End::OutOfMemory(count) if kills.contains(&count)), "{text}");
        let last = run.curve.last().expect("a sample");
        assert_eq!(last.limit, Some(Limit { bytes: 200 * MIB, kind: LimitKind::GroupMax }));
        let group = last.group.expect("a group");
        assert!(last.used() > 150 * MIB && group.peak.is_some_and(|it| it > 150 * MIB), "{text}");
        assert_eq!((group.oom_kill_around, group.pressure.is_some()), (Some(0), true));
        assert_eq!(&*run.lines[0].function, "recorded::leak", "{text}");
        assert!((60 * MIB..140 * MIB).contains(&run.lines[0].bytes), "{text}");

        fs::remove_dir(groups.0.join("own")).expect("nobody is in it");
        let run = read(flight);
        let rose = format!("; oom_kill of {} rose by ", groups.0.display());
        assert_eq!(run.end, End::Unknown);
        assert!(run.notes[0].contains(&rose), "{}", run.text());
        let _ = beside.kill();
        beside.wait().expect("ends");
    }
}

#[test]
fn a_process_that_is_slowed_down_by_the_group_around_says_so_and_was_not_ended() {
    let Some(groups) = Groups::new("high") else { return };
    groups.set("memory.high", 48 * MIB);
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = groups.start("own", "leaks", Some(folder.path()));
    let begin = Instant::now();
    // It has no file at first.
    let is_pressed =
        || last_run(folder.path()).is_ok_and(|run| run.occasion == Some(Occasion::Pressure));
    while !is_pressed() {
        assert!(begin.elapsed() < LONG, "{}", read(folder.path()).text());
        std::thread::sleep(Duration::from_millis(100));
    }
    child.kill().expect("ends");
    child.wait().expect("its end");
    let run = read(folder.path());
    let last = run.curve.last().expect("a sample");
    assert_eq!(last.limit, Some(Limit { bytes: 48 * MIB, kind: LimitKind::GroupHigh }));
    assert!(last.used() > 48 * MIB && last.group.is_some_and(|it| it.events.high > 0), "{last:?}");
    assert!(run.mark.and_then(|mark| mark.group?.pressure).is_some_and(|it| it >= 10.0));
    assert_eq!(run.end, End::Unclear);
    fs::remove_dir(groups.0.join("own")).expect("nobody is in it");
    assert_eq!(read(folder.path()).end, End::Unclear, "nobody was ended in the group around");
}
