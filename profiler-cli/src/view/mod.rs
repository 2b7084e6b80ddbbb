//! Figures → text or bytes, one renderer per file. None of them reads or writes anything.

pub(crate) mod comparison;
pub(crate) mod verdict;
