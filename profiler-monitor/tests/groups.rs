//! Control groups that are made for the test, where the system lets that be.
#![cfg(target_os = "linux")]

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use mem_profile_monitor::process::Reader;
use mem_profile_monitor::{Limit, LimitKind};

const MIB: u64 = 1 << 20;
/// The group that the child is to enter.
const GROUP: &str = "GROUPS_TEST_GROUP";
/// What it does there.
const TASK: &str = "GROUPS_TEST_TASK";

/// A group of 300 MiB, and one of 400 MiB in it.
struct Nested {
    outer: PathBuf,
    inner: PathBuf,
    limit: &'static str,
}

impl Nested {
    /// The reason where the system does not let them be made.
    fn new(name: &str) -> io::Result<Self> {
        let v1 = Path::new("/sys/fs/cgroup/memory");
        let (root, limit) = match v1.join("memory.limit_in_bytes").exists() {
            true => (v1, "memory.limit_in_bytes"),
            false => (Path::new("/sys/fs/cgroup"), "memory.max"),
        };
        let outer = root.join(format!("mem-profile-{name}-{}", std::process::id()));
        let nested = Self { inner: outer.join("inner"), outer, limit };
        fs::create_dir(&nested.outer)?;
        if limit == "memory.max" {
            fs::write(nested.outer.join("cgroup.subtree_control"), "+memory")?;
        }
        fs::create_dir(&nested.inner)?;
        nested.set_outer(300 * MIB)?;
        fs::write(nested.inner.join(limit), (400 * MIB).to_string())?;
        Ok(nested)
    }

    fn set_outer(&self, bytes: u64) -> io::Result<()> {
        fs::write(self.outer.join(self.limit), bytes.to_string())
    }
}

impl Drop for Nested {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.inner);
        let _ = fs::remove_dir(&self.outer);
    }
}

/// The groups, if they can be made; else it says why not.
fn nested(name: &str) -> Option<Nested> {
    let nested = Nested::new(name);
    nested.inspect_err(|error| eprintln!("skipped: no group can be made: {error}")).ok()
}

/// Runs a test again in the inner group, behind this command.
fn run(nested: &Nested, command: &str, test: &str, task: &str) {
    let inner = nested.inner.display();
    let script = format!("echo 0 > {inner}/cgroup.procs && exec {command} \"$@\"");
    let output = Command::new("sh")
        .args(["-c", &script, "sh"])
        .arg(env::current_exe().unwrap())
        .args([test, "--exact"])
        .env(TASK, task)
        .env(GROUP, &nested.inner)
        .output()
        .unwrap();
    let [text, error] = [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it));
    assert!(output.status.success() && text.contains("1 passed"), "{text}{error}");
}

fn limit(mebibytes: u64) -> Option<Limit> {
    Some(Limit { bytes: mebibytes * MIB, kind: LimitKind::GroupMax })
}

#[test]
fn the_limit_around_the_own_group_holds_as_soon_as_it_is_set() {
    let name = "the_limit_around_the_own_group_holds_as_soon_as_it_is_set";
    let Some(inner) = env::var_os(GROUP).map(PathBuf::from) else {
        return nested("limits").iter().for_each(|nested| run(nested, "", name, ""));
    };
    let mut reader = Reader::of_self();
    let held = std::hint::black_box(vec![1_u8; 64 << 20]);
    let sample = reader.read(Duration::ZERO).unwrap();
    assert_eq!((sample.limit, reader.group_folder()), (limit(300), Some(&*inner)));
    // The system charges pages in batches.
    let group = sample.group.unwrap();
    assert!((64..96).contains(&(group.working_set / MIB)), "{group:?}");
    assert!(group.peak.is_none_or(|peak| peak >= 64 * MIB), "{group:?}");
    assert_eq!((group.events.oom_kill, sample.used()), (0, group.working_set));
    for (folder, mebibytes) in [(inner.parent().unwrap(), 200), (&inner, 150)] {
        let names = ["memory.limit_in_bytes", "memory.max"];
        let path = names.map(|name| folder.join(name)).into_iter().find(|path| path.exists());
        fs::write(path.unwrap(), (mebibytes * MIB).to_string()).unwrap();
        assert_eq!(reader.read(Duration::ZERO).unwrap().limit, limit(mebibytes));
    }
    drop(held);
}

/// The process has the group `/` then. The mounts of the system show groups further out, whose names it does not know.
/// A mount of its own shows its group as the root.
#[test]
fn in_a_namespace_of_groups_the_root_of_the_system_is_not_the_own_group() {
    let name = "in_a_namespace_of_groups_the_root_of_the_system_is_not_the_own_group";
    match env::var(TASK).as_deref() {
        Ok("old mounts") => {
            let sample = Reader::of_self().read(Duration::ZERO).unwrap();
            assert_eq!(sample.group, None);
            assert_eq!(sample.limit.map(|limit| limit.kind), Some(LimitKind::Physical));
        }
        Ok("own mount") => {
            let sample = Reader::of_self().read(Duration::ZERO).unwrap();
            // Version 1 says what is around, version 2 does not.
            let expected = if Path::new("/sys/fs/cgroup/memory").exists() { 300 } else { 400 };
            assert_eq!(sample.limit, limit(expected));
            assert!(sample.group.unwrap().working_set < 300 * MIB);
        }
        _ => {
            let unshare = || Command::new("unshare").args(["--cgroup", "--mount", "true"]).status();
            if !unshare().is_ok_and(|status| status.success()) {
                return eprintln!("skipped: no namespace can be made");
            }
            let Some(nested) = nested("namespace") else { return };
            run(&nested, "unshare --cgroup", name, "old mounts");
            let folder = tempfile::tempdir().unwrap();
            let kind = if nested.limit == "memory.max" { "cgroup2" } else { "cgroup -o memory" };
            let folder = folder.path().display();
            let mount = format!(
                "unshare --cgroup --mount sh -c 'mount -t {kind} none {folder} && exec \"$@\"' sh"
            );
            run(&nested, &mount, name, "own mount");
        }
    }
}
