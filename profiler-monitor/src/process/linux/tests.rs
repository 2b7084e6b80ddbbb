//! Reads recorded trees of `/proc` and `/sys/fs/cgroup`.

use super::*;
use crate::sample::GroupEvents;

const MIB: u64 = 1 << 20;
const MACHINE: u64 = 16_303_488 << 10;
/// Of the trees that were recorded.
const MACHINE_V2: u64 = 2_014_152 << 10;

fn read(tree: &str) -> Sample {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(tree);
    let sample = Reader::at(&base, "self").read(Duration::from_secs(7)).unwrap();
    assert_eq!(sample.at, Duration::from_secs(7));
    assert_eq!((sample.resident, sample.address_space), (300 * MIB, 1024 * MIB), "{tree}");
    sample
}

fn limit(bytes: u64, kind: LimitKind) -> Option<Limit> {
    Some(Limit { bytes, kind })
}

fn events(high: u64, oom: u64, oom_kill: u64, oom_group_kill: u64) -> GroupEvents {
    GroupEvents { high, oom, oom_kill, oom_group_kill }
}

/// The own group, as most trees have it.
fn own() -> Group {
    Group {
        current: 380 * MIB,
        working_set: 300 * MIB,
        peak: Some(432 * MIB),
        events: GroupEvents::default(),
        oom_kill_around: None,
        pressure: Some(1.25),
    }
}

/// A tree that was recorded under Linux 6.1.
fn read_v2(tree: &str) -> Sample {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(tree);
    Reader::at(&base, "self").read(Duration::ZERO).unwrap()
}

/// Held 8 MiB in `/a/b`, and had read as many of a device. Another process was in `/a/c`. The system had ended one in
/// `/a/b` for the limit of `/a`.
#[test]
fn the_limit_with_the_least_memory_left_holds_also_if_it_is_not_the_smallest() {
    let sample = read_v2("v2_beside");
    assert_eq!(sample.limit, limit(64 * MIB, LimitKind::GroupMax), "not the 60 MiB of `/a/b`");
    let expected = Group {
        current: 39_313_408,
        working_set: 39_313_408 - 8_519_680,
        peak: Some(64 * MIB),
        events: events(0, 1, 1, 0),
        oom_kill_around: Some(1),
        pressure: Some(0.0),
    };
    assert_eq!((sample.group, sample.used()), (Some(expected), 30_793_728));
}

/// A process that was slowed down in `/a/b` by the `memory.high` of `/a`, which counts that.
#[test]
fn memory_high_holds_below_memory_max_and_says_how_often_it_was_exceeded() {
    let sample = read_v2("v2_high");
    assert_eq!(sample.limit, limit(24 * MIB, LimitKind::GroupHigh));
    let expected = Group {
        current: 29_888_512,
        working_set: 29_888_512,
        peak: Some(29_888_512),
        events: events(170, 0, 0, 0),
        oom_kill_around: Some(0),
        pressure: Some(57.32),
    };
    assert_eq!((sample.group, sample.resident), (Some(expected), 29_012 << 10));
}

/// In its own namespace of groups with a mount of its own, and with its group mounted in the place of all.
#[test]
fn a_container_sees_its_group_as_the_root() {
    for (tree, current, peak) in
        [("v2_namespaced", 35_282_944, 35_282_944), ("v2_bind_mounted", 34_959_360, 35_041_280)]
    {
        let sample = read_v2(tree);
        assert_eq!(sample.limit, limit(48 * MIB, LimitKind::GroupMax), "{tree}");
        let expected = Group {
            current,
            working_set: current - 16_908_288,
            peak: Some(peak),
            events: GroupEvents::default(),
            oom_kill_around: None,
            pressure: Some(0.0),
        };
        assert_eq!(sample.group, Some(expected), "{tree}");
    }
}

#[test]
fn a_namespace_without_a_mount_of_its_own_does_not_show_the_own_group() {
    let sample = read_v2("v2_old_mounts");
    assert_eq!(sample.limit, limit(MACHINE_V2, LimitKind::Physical));
    assert_eq!((sample.group, sample.used()), (None, 18_068 << 10));
}

#[test]
fn a_group_without_the_controller_counts_in_the_one_around_it() {
    let sample = read_v2("v2_not_delegated");
    assert_eq!(sample.limit, limit(64 * MIB, LimitKind::GroupMax));
    assert_eq!(sample.used(), 35_119_104 - 16_908_288);
}

#[test]
fn version_1_has_the_memory_also_beside_version_2() {
    for tree in ["v1", "v1_container", "hybrid"] {
        let sample = read(tree);
        assert_eq!(sample.limit, limit(512 * MIB, LimitKind::GroupMax), "{tree}");
        let expected = Group { events: events(0, 0, 2, 0), pressure: None, ..own() };
        assert_eq!(sample.group, Some(expected), "{tree}");
    }
}

#[test]
fn without_a_group_the_machine_is_the_limit() {
    let sample = read("none");
    assert_eq!(sample.limit, limit(MACHINE, LimitKind::Physical));
    assert_eq!((sample.group, sample.used()), (None, 300 * MIB));
}

#[test]
fn the_limit_of_the_address_space_counts_the_address_space() {
    let sample = read("address_space");
    assert_eq!(sample.limit, limit(2048 * MIB, LimitKind::AddressSpace));
    assert_eq!((sample.group, sample.used()), (None, 1024 * MIB));
}

#[test]
fn a_limit_above_the_memory_of_the_machine_does_not_hold() {
    let sample = read("larger_than_the_machine");
    assert_eq!(sample.limit, limit(MACHINE, LimitKind::Physical));
    assert_eq!((sample.group, sample.used()), (Some(own()), 300 * MIB));
}

#[test]
fn garbage_is_no_limit() {
    let sample = read("garbage");
    assert_eq!(sample.limit, None);
    let expected = Group { current: 12, working_set: 12, ..Group::default() };
    assert_eq!(sample.group, Some(expected));
}

#[test]
fn a_process_that_is_not_there_is_not_found() {
    let error = Reader::of(u32::MAX).read(Duration::ZERO).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
}

#[test]
fn this_process_has_a_limit() {
    let sample = Reader::of_self().read(Duration::ZERO).unwrap();
    let limit = sample.limit.unwrap();
    assert!(sample.resident > MIB && sample.resident < limit.bytes, "{sample:?}");
    assert!(sample.address_space > sample.resident);
}

/// A tree that a test changes.
struct Tree(tempfile::TempDir);

impl Tree {
    fn new(group: &str) -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        tree.write("proc/self/status", "VmSize: 9 kB\nVmRSS: 8 kB\n");
        tree.write("proc/self/mountinfo", "35 24 0:30 / /cg rw - cgroup2 cgroup2 rw\n");
        tree.write("proc/self/cgroup", &format!("0::{group}\n"));
        tree
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn reader(&self) -> Reader {
        Reader::at(self.0.path(), "self")
    }
}

fn bytes(reader: &mut Reader) -> Option<u64> {
    reader.read(Duration::ZERO).unwrap().limit.map(|limit| limit.bytes)
}

#[test]
fn a_process_that_moves_is_read_in_its_new_group() {
    let tree = Tree::new("/a");
    for (group, max) in [("a", 100), ("b", 200)] {
        tree.write(&format!("cg/{group}/memory.current"), "50");
        tree.write(&format!("cg/{group}/memory.max"), &max.to_string());
    }
    let mut reader = tree.reader();
    assert_eq!(bytes(&mut reader), Some(100));
    tree.write("proc/self/cgroup", "0::/b\n");
    assert_eq!(bytes(&mut reader), Some(200));
    tree.write("cg/b/memory.max", "150");
    assert_eq!(bytes(&mut reader), Some(150));
    // A system that takes the memory from the inner groups.
    fs::remove_dir_all(tree.0.path().join("cg/b")).unwrap();
    tree.write("cg/memory.current", "60");
    tree.write("cg/memory.max", "300");
    tree.write("cg/memory.events", "oom_kill 7");
    assert_eq!(bytes(&mut reader), Some(300));
    let group = reader.read(Duration::ZERO).unwrap().group.unwrap();
    assert_eq!((group.current, group.events.oom_kill), (60, 7));
}

/// As `systemctl set-property` does with a service that runs.
#[test]
fn a_group_that_gets_the_controller_later_is_read_from_then_on() {
    let tree = Tree::new("/a/b");
    let mut reader = tree.reader();
    assert_eq!((bytes(&mut reader), reader.group_folder()), (None, None));
    for (group, max) in [("a", 100), ("a/b", 70)] {
        tree.write(&format!("cg/{group}/memory.max"), &max.to_string());
        tree.write(&format!("cg/{group}/memory.current"), "50");
        assert_eq!(bytes(&mut reader), Some(max));
        assert_eq!(reader.group_folder(), Some(&*tree.0.path().join("cg").join(group)));
    }
}

#[test]
fn a_limit_above_the_memory_of_the_machine_hides_no_other() {
    let tree = Tree::new("/a/b");
    tree.write("proc/meminfo", "MemTotal: 1 kB\n");
    for (group, max, current) in [("a", 1200, 1000), ("a/b", 600, 200)] {
        tree.write(&format!("cg/{group}/memory.max"), &max.to_string());
        tree.write(&format!("cg/{group}/memory.current"), &current.to_string());
    }
    assert_eq!(bytes(&mut tree.reader()), Some(600));
}
