//! The atomics of `claim` and `list`: the two files that a model checker tries in every order of
//! events, with its own atomics in the place of these (`tests/loom.rs`).

pub(crate) use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
