//! Snapshot → text or bytes, one renderer per file. None of them prints.

mod dhat;
#[cfg(feature = "flamegraph")]
mod flame;
mod folded;
mod json;
mod label;
mod measure;
#[cfg(feature = "pprof")]
mod pprof;
#[cfg(test)]
mod tests;
mod text;

pub use self::measure::Measure;
#[cfg(feature = "pprof")]
pub use self::pprof::PprofFrames;

use crate::query::for_caller::clone_for_caller;
use crate::query::snapshot::Snapshot;

impl Snapshot {
    /// The lines that hold most now, that held most at the peak, and that allocate much for
    /// nothing: at most `count` each.
    #[must_use]
    pub fn to_text(&self, count: usize) -> String {
        clone_for_caller(|| text::render(self, count))
    }

    /// Everything by line and by stack, in JSON; sizes are whole bytes.
    #[must_use]
    pub fn to_json(&self) -> String {
        clone_for_caller(|| json::render(self))
    }

    /// Stacks with what each holds, one a line, the outermost frame first: what flame-graph tools
    /// read.
    #[must_use]
    pub fn to_folded(&self, measure: Measure) -> String {
        clone_for_caller(|| folded::render(self, measure))
    }

    /// A flame graph as SVG; empty where nothing is to be shown.
    #[cfg(feature = "flamegraph")]
    #[must_use]
    pub fn to_flamegraph(&self, measure: Measure) -> String {
        clone_for_caller(|| flame::render(self, measure))
    }

    /// A report for DHAT's viewer (`dh_view.html` of Valgrind), in version 2 of its JSON.
    #[must_use]
    pub fn to_dhat(&self) -> String {
        clone_for_caller(|| dhat::render(self))
    }

    /// A report for `go tool pprof`, with `alloc_objects`, `alloc_space`, `inuse_objects` and
    /// `inuse_space` of each stack.
    #[cfg(feature = "pprof")]
    #[must_use]
    pub fn to_pprof(&self) -> Vec<u8> {
        self.to_pprof_of(Measure::Live, PprofFrames::All)
    }

    /// The same, where readers show `shown` first, and with these frames.
    #[cfg(feature = "pprof")]
    #[must_use]
    pub fn to_pprof_of(&self, shown: Measure, frames: PprofFrames) -> Vec<u8> {
        clone_for_caller(|| pprof::render(self, shown, frames))
    }
}
