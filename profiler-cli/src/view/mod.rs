//! Figures → text or bytes, one renderer per file. None of them reads or writes anything.

pub(crate) mod comparison;
mod highlight;
pub(crate) mod html;
pub(crate) mod verdict;
