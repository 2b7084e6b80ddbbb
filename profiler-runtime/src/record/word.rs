//! Counters with one writer and any number of readers.

use core::cell::Cell;
use core::sync::atomic::{AtomicI64, Ordering::Relaxed};

/// A 64-bit counter that one thread writes and any thread may read.
///
/// Relaxed loads and stores compile to plain moves: there is no lock prefix and no shared
/// read-modify-write, which is what made contended counters 28 times slower.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct Word(AtomicI64);

impl Word {
    pub(crate) const fn new(value: i64) -> Self {
        Self(AtomicI64::new(value))
    }

    #[inline(always)]
    pub(crate) fn get(&self) -> i64 {
        self.0.load(Relaxed)
    }

    #[inline(always)]
    pub(crate) fn set(&self, value: i64) {
        self.0.store(value, Relaxed);
    }

    /// Adds and returns the new value. Not atomic as a whole: only the writer may call it.
    #[inline(always)]
    pub(crate) fn add(&self, change: i64) -> i64 {
        let value = self.get().wrapping_add(change);
        self.set(value);
        value
    }

    /// Keeps the larger of the two.
    #[inline(always)]
    pub(crate) fn raise(&self, value: i64) {
        if value > self.get() {
            self.set(value);
        }
    }
}

/// A counter that only its own thread reads and writes.
///
/// A plain cell, because the compiler folds a plain load into the comparison that uses it and
/// an atomic one not.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct Local(Cell<i64>);

// SAFETY: a `Local` sits in the record of a thread and is used by that thread alone; the next
// thread takes the record over with acquire ordering ([`super::claim`]). In the special ledgers,
// which threads share, it is never written.
unsafe impl Sync for Local {}

impl Local {
    pub(crate) const fn new(value: i64) -> Self {
        Self(Cell::new(value))
    }

    #[inline(always)]
    pub(crate) fn get(&self) -> i64 {
        self.0.get()
    }

    #[inline(always)]
    pub(crate) fn set(&self, value: i64) {
        self.0.set(value);
    }

    #[inline(always)]
    pub(crate) fn raise(&self, value: i64) {
        if value > self.get() {
            self.set(value);
        }
    }
}
