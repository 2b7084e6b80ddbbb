//! Figures → text or bytes, one renderer per file. None of them reads or writes anything.

mod calls;
pub(crate) mod comparison;
pub(crate) mod flame;
pub(crate) mod folded;
mod highlight;
pub(crate) mod html;
pub(crate) mod peaks;
pub(crate) mod plot;
pub(crate) mod pprof;
pub(crate) mod speedscope;
#[cfg(feature = "tui")]
pub(crate) mod top;
pub(crate) mod verdict;
