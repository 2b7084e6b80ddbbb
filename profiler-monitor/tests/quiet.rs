//! A mark is written without allocating.
#![cfg(all(feature = "process", target_os = "linux"))]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use mem_profile_monitor::flight::{Occasion, Recorder};
use mem_profile_monitor::{Sample, last_run};
use mem_profile_trace::{self as trace, Config};

/// Counts the allocations of each thread.
struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: all calls go to the system's allocator as they came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the caller's promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOC: mem_profile_runtime::Alloc<Counting> = mem_profile_runtime::Alloc::wrap(Counting);

#[test]
fn a_mark_is_written_without_allocating() {
    trace::start(Config::exact()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let kept = vec![[1_u8; 1024]; 1024];
    let mut recorder = Recorder::open(folder.path(), None, &Sample::default()).unwrap();
    let sample = |mib: u64| Sample { resident: mib << 20, ..Sample::default() };
    let before = COUNT.get();
    let marks = [10, 100, 200].map(|mib| recorder.tick(&sample(mib), mib == 200).unwrap());
    assert_eq!(COUNT.get(), before);
    let expected = [Occasion::Begin, Occasion::High, Occasion::Critical].map(Some);
    assert_eq!(marks, expected);
    drop(recorder);
    assert!(COUNT.get() >= before && last_run(folder.path()).unwrap().held >= 1 << 20);
    drop(kept);
}
