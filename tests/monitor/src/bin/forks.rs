//! Forks beside a monitor that is at work all the time. The child has no monitor, and can have one of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use mem_profile::monitor::Monitor;
use monitored::{MIB, touched};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").expect("threads").count()
}

fn start(events: &Arc<AtomicU32>) -> Monitor {
    let events = Arc::clone(events);
    let count = move |_: &_| _ = events.fetch_add(1, Relaxed);
    let builder = Monitor::builder().interval(Duration::from_millis(10)).log(false);
    builder.warn_above(8 * MIB as u64).on_event(count).start().expect("a monitor")
}

fn wait(what: &str, is_done: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_done() {
        assert!(begin.elapsed() < Duration::from_secs(20), "{what} takes too long");
        thread::sleep(Duration::from_millis(1));
    }
}

fn child(monitor: Monitor, events: &AtomicU32) {
    assert_eq!(threads(), 1);
    assert_eq!(monitor.latest().sample, None);
    let before = events.load(Relaxed);
    let more = touched(64 * MIB);
    thread::sleep(Duration::from_millis(50));
    // It would warn again, since it has more.
    assert_eq!(events.load(Relaxed), before);
    drop(monitor);
    let own_events = Arc::default();
    let own = start(&own_events);
    wait("the child's own warning", || own_events.load(Relaxed) == 1);
    drop((own, more));
    assert_eq!(events.load(Relaxed), before);
}

fn main() {
    let events = Arc::default();
    let held = touched(32 * MIB);
    let monitor = start(&events);
    wait("the warning", || events.load(Relaxed) == 1);
    for _ in 0..20 {
        // SAFETY: the child calls only code that is ready for a fork; the C library's allocator is.
        match unsafe { libc::fork() } {
            0 => {
                child(monitor, &events);
                // SAFETY: it ends here.
                unsafe { libc::_exit(0) }
            }
            child => {
                let mut status = 0;
                // SAFETY: `status` is writable.
                assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
                assert_eq!(status, 0, "the child has failed");
            }
        }
    }
    let sample = monitor.latest().sample;
    assert!(sample.is_some_and(|sample| sample.resident > 32 * MIB as u64));
    assert_eq!(threads(), 2);
    drop(monitor);
    wait("the end of the thread", || threads() == 1);
    assert_eq!(events.load(Relaxed), 1);
    drop(held);
}
