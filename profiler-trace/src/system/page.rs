//! The unit in which the system gives memory.

/// Bytes of a page, at most.
pub(crate) const PAGE: usize = 4096;
