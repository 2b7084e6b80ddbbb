//! Systems that do not distinguish the end of a library from the end of the process.

pub fn on_unload(_: fn()) {}
