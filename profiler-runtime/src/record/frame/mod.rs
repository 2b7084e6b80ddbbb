//! What emitted code calls: calls, lines, tasks, measures.
//!
//! Owns when a line starts and ends. It never writes a word of a ledger but by the ledger's methods.

pub(crate) mod body;
mod events;
pub(crate) mod foreign;
pub(crate) mod frame;
pub(crate) mod leave;
pub(crate) mod line;
pub(crate) mod measure;
pub(crate) mod open;
pub(crate) mod own_stack;
pub(crate) mod task;
