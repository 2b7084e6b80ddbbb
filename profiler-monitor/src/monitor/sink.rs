//! Where events go.

use mem_profile_format::report::printable_line;
use mem_profile_runtime::internal::{self, Quiet, Stream};

use crate::event::Event;

/// Writes an event: through the crates that the program has set up, else on standard error.
pub(super) fn write(event: &Event) {
    let by_log = log(event);
    let by_tracing = tracing(event);
    if !by_log && !by_tracing {
        let _quiet = Quiet::enter();
        // At once, so that no other thread's text comes between its lines.
        let text = format!("mem-profile: {event}\n");
        let _ = internal::write_all_raw(Stream::Stderr, text.as_bytes());
    }
}

/// Writes one line on standard error.
pub(super) fn warn(text: &str) {
    let _quiet = Quiet::enter();
    internal::warn(&format!("mem-profile: {}", printable_line(text)));
}

/// Whether a logger has taken it.
#[cfg(feature = "log")]
fn log(event: &Event) -> bool {
    let level = match event.level() {
        crate::Level::Warning => log::Level::Warn,
        crate::Level::Critical => log::Level::Error,
    };
    let is_enabled = log::log_enabled!(target: TARGET, level);
    log::log!(target: TARGET, level, "{event}");
    is_enabled
}

#[cfg(not(feature = "log"))]
fn log(_event: &Event) -> bool {
    false
}

/// Whether a subscriber has taken it.
#[cfg(feature = "tracing")]
fn tracing(event: &Event) -> bool {
    match event.level() {
        crate::Level::Warning => {
            tracing::warn!(target: TARGET, "{event}");
            tracing::enabled!(target: TARGET, tracing::Level::WARN)
        }
        crate::Level::Critical => {
            tracing::error!(target: TARGET, "{event}");
            tracing::enabled!(target: TARGET, tracing::Level::ERROR)
        }
    }
}

#[cfg(not(feature = "tracing"))]
fn tracing(_event: &Event) -> bool {
    false
}

#[cfg(any(feature = "log", feature = "tracing"))]
const TARGET: &str = "mem_profile::monitor";
