//! Data that threads share without a lock: words, lists, claims.
//!
//! Owns how one thread writes and others read. It never knows what the words mean.

// First, for its macro.
#[macro_use]
pub(crate) mod word;

pub(crate) mod atomics;
pub(crate) mod claim;
pub(crate) mod list;
