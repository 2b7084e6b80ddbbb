//! Sets up a logger, a subscriber, or both, as services do, and crosses 32 MiB. Records are lines of standard output.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use mem_profile::mem_profile;
use mem_profile::monitor::{Event, Monitor};
use monitored::{MIB, touched};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

struct Logger;

impl log::Log for Logger {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            let text = record.args().to_string();
            println!("{} {} {}", record.level(), record.target(), text.replace('\n', "|"));
        }
    }

    fn flush(&self) {}
}

fn log_from(level: log::LevelFilter) {
    log::set_logger(&Logger).expect("the first logger");
    log::set_max_level(level);
}

/// Also makes a logger that hands on to the subscriber.
fn subscribe() {
    tracing_subscriber::fmt().without_time().with_ansi(false).init();
}

static IS_SAID: AtomicBool = AtomicBool::new(false);

#[mem_profile]
fn hold() -> Vec<u8> {
    touched(64 * MIB) // holds
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("log") => log_from(log::LevelFilter::Info),
        Some("filtered") => log_from(log::LevelFilter::Error),
        Some("tracing") => subscribe(),
        _ => {}
    }
    let held = hold();
    let above = 32 * MIB as u64;
    let builder = Monitor::builder().interval(Duration::from_millis(10));
    let builder = match arguments.next().as_deref() {
        Some("critical") => builder.critical_above(above),
        _ => builder.warn_above(above),
    };
    let monitor = builder.on_event(|_: &Event| IS_SAID.store(true, Relaxed)).start();
    let monitor = monitor.expect("starts");
    let begin = Instant::now();
    while !IS_SAID.load(Relaxed) {
        assert!(begin.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(1));
    }
    // A second record of the same event would come at once, and a second event within so many intervals.
    std::thread::sleep(Duration::from_millis(100));
    drop(monitor);
    drop(held);
}
