//! Renderers: figures → text or bytes, one format per file. This room owns every layout. It never reads a
//! file, never prints, and never computes a figure that a recording does not have.

pub(crate) mod comparison;
pub(crate) mod flame;
pub(crate) mod folded;
pub(crate) mod frames;
pub(crate) mod heap;
mod highlight;
pub(crate) mod html;
mod names;
pub(crate) mod peaks;
pub(crate) mod plot;
pub(crate) mod pprof;
pub(crate) mod resident;
pub(crate) mod speedscope;
#[cfg(feature = "tui")]
pub(crate) mod top;
pub(crate) mod verdict;
mod words;
