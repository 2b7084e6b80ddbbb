//! Where events go.

use std::error::Error;

use mem_profile_runtime::internal;

use crate::event::Event;

/// Writes an event.
pub(super) fn write(event: &Event) {
    for line in event.to_string().lines() {
        internal::warn(&format!("mem-profile: {line}"));
    }
}

/// Says that the monitor cannot work.
pub(super) fn fail(error: &dyn Error) {
    internal::warn(&format!(
        "mem-profile: the monitor cannot read the memory of the process: {error}"
    ));
}
