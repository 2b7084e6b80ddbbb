//! Has a child process that holds more than a threshold, and then holds more itself.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use mem_profile::monitor::{Event, Monitor};
use monitored::{MIB, touched};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

const WAIT: Duration = Duration::from_secs(20);

/// Holds 64 MiB until its input ends.
fn child() {
    let held = touched(64 * MIB);
    let _ = std::io::stdin().read(&mut [0]);
    drop(held);
}

fn mebibytes(bytes: u64) -> u64 {
    bytes >> 20
}

fn main() {
    if std::env::args().nth(1).is_some() {
        return child();
    }
    let (sender, events) = mpsc::channel();
    let send = move |event: &Event| _ = sender.send(event.clone());
    let builder = Monitor::builder().interval(Duration::from_millis(10)).log(false);
    let builder = builder.children(true).warn_above(40 * MIB as u64).on_event(send);
    let monitor = builder.start().expect("starts");
    let path = std::env::current_exe().expect("a path");
    let mut child = Command::new(path).arg("child").stdin(Stdio::piped()).spawn().expect("starts");
    let own = format!("family ({})", std::process::id());
    let name = format!("family ({})", child.id());

    let event = events.recv_timeout(WAIT).expect("the child's event");
    assert_eq!(event.process, format!("{name}, a child of {own}"));
    assert!((40..80).contains(&mebibytes(event.alarm.sample.resident)), "{event}");
    assert!(event.account.is_some_and(|account| account.starts_with("resident set ")));
    assert_eq!((event.children.len(), event.lines.len()), (0, 0));
    // It may have risen by a further tenth since.
    while let Ok(event) = events.recv_timeout(Duration::from_millis(100)) {
        assert_eq!(event.process, format!("{name}, a child of {own}"));
    }

    let held = touched(48 * MIB);
    let event = events.recv_timeout(WAIT).expect("its own event");
    assert_eq!(event.process, own);
    let resident = mebibytes(event.alarm.sample.resident);
    assert!((40..64).contains(&resident), "the child's 64 MiB are not in it: {event}");
    let children: Vec<_> = event.children.iter().map(ToString::to_string).collect();
    assert_eq!(children, [name], "{event}");
    assert!((64..80).contains(&mebibytes(event.children[0].resident)), "{event}");

    drop(child.stdin.take());
    assert!(child.wait().expect("ends").success());
    drop((monitor, held));
}
