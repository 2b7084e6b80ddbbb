//! How many events there were, in all monitors of this process: figures that never fall.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::guard::Level;

static WARNINGS: AtomicU64 = AtomicU64::new(0);
static CRITICALS: AtomicU64 = AtomicU64::new(0);

pub(super) fn count(level: Level) {
    let counter = match level {
        Level::Warning => &WARNINGS,
        Level::Critical => &CRITICALS,
    };
    counter.fetch_add(1, Relaxed);
}

/// Warnings and critical events.
#[cfg(feature = "prometheus")]
pub(super) fn events() -> (u64, u64) {
    (WARNINGS.load(Relaxed), CRITICALS.load(Relaxed))
}
