//! Systems that do not distinguish the end of a library from the end of the process.

/// Nobody says when the library goes, so the callback never runs.
pub fn on_unload(_: fn()) {}
