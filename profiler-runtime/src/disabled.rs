//! The same names with nothing behind them, for builds without the feature `enabled`.

use std::alloc::System;
use std::fmt;
use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mem_profile_format::{Backend, Snapshot};

/// Forwards to the allocator inside and counts nothing.
#[derive(Default)]
pub struct Alloc<A = System>(A);

impl Alloc {
    /// The system's allocator.
    #[must_use]
    pub const fn new() -> Self {
        Self(System)
    }
}

impl<A> Alloc<A> {
    /// `inner`.
    #[must_use]
    pub const fn wrap(inner: A) -> Self {
        Self(inner)
    }
}

impl<A> Deref for Alloc<A> {
    type Target = A;

    #[inline]
    fn deref(&self) -> &A {
        &self.0
    }
}

impl<A: fmt::Debug> fmt::Debug for Alloc<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

forward_allocator!(Alloc);

/// Does nothing.
pub const fn report() {}

/// Does nothing.
pub const fn reset() {}

/// Makes no file.
///
/// # Errors
/// None.
pub fn record_to(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    Ok(path.as_ref().to_owned())
}

/// Records nothing.
///
/// # Errors
/// None.
pub fn record_timeline(_interval: Duration) -> io::Result<()> {
    Ok(())
}

/// Names nothing.
pub const fn timestamp(_name: &'static str) -> Timestamp {
    Timestamp(())
}

/// A block without a name.
#[derive(Debug)]
#[must_use = "the block ends where this is dropped"]
pub struct Timestamp(());

// So that dropping it by hand is no more of a surprise than where it does something.
impl Drop for Timestamp {
    fn drop(&mut self) {}
}

/// A snapshot without functions.
#[must_use]
pub const fn snapshot() -> Snapshot {
    Snapshot::empty(Backend::Off)
}
