//! Reads recorded trees of `/proc` and `/sys/fs/cgroup`.

use super::*;
use crate::sample::GroupEvents;

const MIB: u64 = 1 << 20;
const MACHINE: u64 = 16_303_488 << 10;

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
        pressure: Some(1.25),
    }
}

#[test]
fn the_smallest_limit_of_a_group_around_holds() {
    let sample = read("v2_nested");
    assert_eq!(sample.limit, limit(512 * MIB, LimitKind::GroupMax));
    let expected = Group {
        current: 400 * MIB,
        working_set: 310 * MIB,
        peak: Some(450 * MIB),
        // Of the own group: these happened to it.
        events: events(4, 1, 2, 1),
        pressure: Some(3.5),
    };
    assert_eq!(sample.group, Some(expected));
    assert_eq!(sample.used(), 310 * MIB);
}

#[test]
fn memory_high_holds_below_memory_max() {
    let sample = read("v2_high");
    assert_eq!(sample.limit, limit(384 * MIB, LimitKind::GroupHigh));
    let expected = Group { peak: None, events: events(93, 0, 0, 0), pressure: Some(41.2), ..own() };
    assert_eq!(sample.group, Some(expected));
}

#[test]
fn a_container_sees_its_group_as_the_root() {
    for tree in ["v2_namespaced", "v2_bind_mounted"] {
        let sample = read(tree);
        assert_eq!(sample.limit, limit(512 * MIB, LimitKind::GroupMax), "{tree}");
        assert_eq!(sample.group, Some(own()), "{tree}");
    }
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

#[test]
fn a_process_that_moves_is_read_in_its_new_group() {
    let folder = tempfile::tempdir().unwrap();
    let copy = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    copy("proc/self/status", "VmSize: 9 kB\nVmRSS: 8 kB\n");
    copy("proc/self/mountinfo", "35 24 0:30 / /cg rw - cgroup2 cgroup2 rw\n");
    copy("proc/self/cgroup", "0::/a\n");
    for (group, max) in [("a", 100), ("b", 200)] {
        copy(&format!("cg/{group}/memory.current"), "50");
        copy(&format!("cg/{group}/memory.max"), &max.to_string());
    }
    let mut reader = Reader::at(folder.path(), "self");
    let mut bytes = || reader.read(Duration::ZERO).unwrap().limit.map(|limit| limit.bytes);
    assert_eq!(bytes(), Some(100));
    copy("proc/self/cgroup", "0::/b\n");
    assert_eq!(bytes(), Some(200));
    copy("cg/b/memory.max", "150");
    assert_eq!(bytes(), Some(150));
    // A system that takes the memory from the inner groups.
    fs::remove_dir_all(folder.path().join("cg/b")).unwrap();
    copy("cg/memory.current", "60");
    copy("cg/memory.max", "300");
    copy("cg/memory.events", "oom_kill 7");
    assert_eq!(bytes(), Some(300));
    let group = reader.read(Duration::ZERO).unwrap().group.unwrap();
    assert_eq!((group.current, group.events.oom_kill), (60, 7));
}
