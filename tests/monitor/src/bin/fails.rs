//! Has a monitor that cannot do its work, and lives.

use std::thread;
use std::time::{Duration, Instant};

use mem_profile::monitor::{Event, Monitor};
use monitored::{MIB, touched};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

fn wait(what: &str, is_done: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_done() {
        assert!(begin.elapsed() < Duration::from_secs(20), "{what} takes too long");
        thread::sleep(Duration::from_millis(1));
    }
}

fn monitor(on_event: fn(&Event)) -> Monitor {
    let builder = Monitor::builder().interval(Duration::from_millis(10));
    builder.warn_above(32 * MIB as u64).on_event(on_event).start().expect("a monitor")
}

/// The callback panics at the first of two warnings.
fn panics() {
    let monitor = monitor(|_| panic!("no"));
    let held = touched(40 * MIB);
    wait("the first warning", || monitor.latest().warnings >= 1);
    let more = touched(40 * MIB);
    wait("the second warning", || monitor.latest().warnings >= 2);
    drop((monitor, held, more));
}

/// Hides `/proc` for a while, in a namespace of its own.
fn hides() {
    let monitor = monitor(|_| ());
    let at = || monitor.latest().sample.map(|sample| sample.at);
    wait("a sample", || at().is_some());
    let (kind, folder) = (c"tmpfs".as_ptr(), c"/proc".as_ptr());
    // SAFETY: all texts end with a zero, and this kind of file system needs no data.
    assert_eq!(unsafe { libc::mount(kind, folder, kind, 0, std::ptr::null()) }, 0);
    thread::sleep(Duration::from_millis(100));
    let last = at();
    thread::sleep(Duration::from_millis(100));
    assert_eq!(at(), last);
    // SAFETY: as above.
    assert_eq!(unsafe { libc::umount(folder) }, 0);
    wait("the next sample", || at() > last);
    let held = touched(40 * MIB);
    wait("a warning", || monitor.latest().warnings >= 1);
    drop((monitor, held));
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("panics") => panics(),
        Some("hides") => hides(),
        _ => {}
    }
    println!("lives");
}
