//! A day of a service, by a clock that is handed in.
#![cfg(target_os = "linux")]
#![allow(missing_docs)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use mem_profile::monitor::process::Reader;
use mem_profile::monitor::{Growth, Guard, Level, Rules, Schedule, Threshold};

/// Counts allocations.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every method calls the system's allocator with the arguments that it was given.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: the caller's promises are the allocator's requirements.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as in `alloc`.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOC: Counting = Counting;

const MIB: u64 = 1 << 20;

fn put(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
    fs::write(path, text).expect("writable");
}

/// 24 hours, a sample every 30 s, in a group of 1 GiB. The working set rises from 300 to 900 MiB in each of 6 periods
/// of 4 hours, and falls back: it crosses 80 % once in each.
#[test]
fn a_day_has_one_warning_for_each_crossing_and_allocates_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let base = folder.path();
    put(base, "proc/meminfo", "MemTotal: 16303488 kB\n");
    put(base, "proc/self/mountinfo", "35 24 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    put(base, "proc/self/cgroup", "0::/web\n");
    let group = |name: &str, text: &str| put(base, &format!("sys/fs/cgroup/web/{name}"), text);
    group("memory.max", &(1024 * MIB).to_string());
    group("memory.stat", "inactive_file 0\n");
    group("memory.events", "high 0\noom 0\noom_kill 0\n");
    group("memory.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
    group("memory.current", "0\n");

    let interval = Duration::from_secs(30);
    let mut reader = Reader::at(base, "self");
    put(base, "proc/self/status", "VmSize: 1 kB\nVmRSS: 1 kB\n");
    reader.read(Duration::ZERO).expect("a sample");
    // It grows by 2.5 MiB a minute.
    let growth = Growth { per_minute: 3 * MIB, window: Duration::from_secs(20 * 60) };
    let rules =
        Rules { warn_above: Some(Threshold::Share(0.8)), growth: Some(growth), ..Rules::default() };
    let mut guard = Guard::new(rules, interval);
    let mut schedule = Schedule::new(interval, Duration::ZERO);
    let (mut now, mut samples, mut allocated) = (Duration::ZERO, 0_u64, 0);
    let mut warnings = Vec::new();
    while samples < 2880 {
        let wait = schedule.wait(now);
        now += wait;
        if !wait.is_zero() {
            // Woken too late, by up to 16 ms.
            now += Duration::from_millis(now.as_millis() as u64 / 7 % 17);
            continue;
        }
        samples += 1;
        let phase = now.as_secs() % (4 * 60 * 60);
        let used = (300 + 600 * phase / (4 * 60 * 60)) * MIB;
        group("memory.current", &used.to_string());
        put(base, "proc/self/status", &format!("VmSize: 9 kB\nVmRSS: {} kB\n", used >> 10));
        let before = ALLOCATIONS.load(Relaxed);
        let sample = reader.read(now).expect("a sample");
        let alarm = guard.look(&sample);
        allocated += ALLOCATIONS.load(Relaxed) - before;
        assert_eq!((sample.resident, sample.used()), (used, used));
        if let Some(alarm) = alarm {
            warnings.push((now.as_secs() / 60, alarm.level));
        }
    }
    assert_eq!(now.as_secs(), 24 * 60 * 60, "the last sample is that of the end of the day");
    assert_eq!(allocated, 0);
    // 820 of 1024 MiB are above 80 %: after 520 / 600 of four hours.
    let expected: Vec<_> = (0..6).map(|period| (period * 240 + 208, Level::Warning)).collect();
    assert_eq!(warnings, expected);
}
