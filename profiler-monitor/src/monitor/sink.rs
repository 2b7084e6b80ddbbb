//! Where events go.

use mem_profile_format::report::printable_line;
use mem_profile_runtime::internal::{self, Quiet, Stream};

use crate::event::Event;

/// Writes an event once: through `tracing` where the program has set a subscriber, else through `log` where it has set a
/// logger, else on standard error. Not through both, since the one often hands on to the other.
pub(super) fn write(event: &Event) {
    if tracing(event) || log(event) {
        return;
    }
    let _quiet = Quiet::enter();
    // At once, so that no other thread's text comes between its lines.
    let text = format!("mem-profile: {event}\n");
    let _ = internal::write_all_raw(Stream::Stderr, text.as_bytes());
}

/// Writes one line on standard error.
pub(super) fn warn(text: &str) {
    let _quiet = Quiet::enter();
    internal::warn(&format!("mem-profile: {}", printable_line(text)));
}

/// Whether there is a logger. Its filter decides.
#[cfg(feature = "log")]
fn log(event: &Event) -> bool {
    let level = match event.level() {
        crate::Level::Warning => log::Level::Warn,
        crate::Level::Critical => log::Level::Error,
    };
    log::log!(target: TARGET, level, "{event}");
    log::max_level() != log::LevelFilter::Off
}

#[cfg(not(feature = "log"))]
fn log(_event: &Event) -> bool {
    false
}

/// Whether there is a subscriber. Its filter decides.
#[cfg(feature = "tracing")]
fn tracing(event: &Event) -> bool {
    use tracing::subscriber::NoSubscriber;

    if tracing::dispatcher::get_default(|dispatch| dispatch.is::<NoSubscriber>()) {
        return false;
    }
    let sample = &event.alarm.sample;
    let first = event.lines.first();
    let site = first.map(|line| printable_line(&line.site));
    macro_rules! emit {
        ($level:ident) => {
            tracing::$level!(
                target: TARGET,
                process = &*printable_line(&event.process),
                cause = event.alarm.cause.name(),
                resident = sample.resident,
                limit = sample.limit.map(|limit| limit.bytes),
                line = site,
                line_bytes = first.map(|line| line.bytes),
                line_grown = first.map(|line| line.grown),
                "{event}"
            )
        };
    }
    match event.level() {
        crate::Level::Warning => emit!(warn),
        crate::Level::Critical => emit!(error),
    }
    true
}

#[cfg(not(feature = "tracing"))]
fn tracing(_event: &Event) -> bool {
    false
}

#[cfg(any(feature = "log", feature = "tracing"))]
const TARGET: &str = "mem_profile::monitor";
