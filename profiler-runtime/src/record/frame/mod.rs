//! The functions that emitted code calls: calls, lines, tasks, measures.
//!
//! This room owns when a line starts and ends. It never writes a word of a ledger except through the
//! ledger's methods.

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
#[cfg(test)]
mod tests;
