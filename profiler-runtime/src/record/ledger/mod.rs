//! One thread's counts of memory, its rows, and its stack of frames.
//!
//! Owns the words of a ledger: the allocator, frames, line events and the timeline change them by its methods
//! alone. It never looks at a stack, and never decides what a line or a call is.

pub(crate) mod busy;
pub(crate) mod counting;
pub(crate) mod counting_slow;
pub(crate) mod current;
pub(crate) mod directory;
pub(crate) mod flush;
#[cfg(test)]
mod invariants;
pub(crate) mod kind;
pub(crate) mod ledger;
pub(crate) mod notes;
pub(crate) mod pending;
pub(crate) mod published;
pub(crate) mod resident;
pub(crate) mod row;
pub(crate) mod saved_frame;
pub(crate) mod stack;
pub(crate) mod stand_in;
pub(crate) mod suspend;
pub(crate) mod thread;
pub(crate) mod thread_block;
pub(crate) mod threads;
pub(crate) mod watched;
pub(crate) mod watcher;
