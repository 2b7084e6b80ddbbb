//! Snapshot → text or bytes, one renderer per file. None of them prints.

mod dhat;
#[cfg(feature = "flamegraph")]
mod flame;
mod folded;
mod json;
#[cfg(feature = "pprof")]
mod pprof;
#[cfg(test)]
mod tests;
mod text;

use std::fmt::Write;

use crate::record::alloc::quiet::Quiet;
use crate::trace::data::Trace;
use crate::trace::names::stack_frame::Frame;
use crate::trace::query::snapshot::{Snapshot, theirs};

/// Which of a stack's figures is shown where there is room for one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Measure {
    /// Bytes alive.
    #[default]
    Live,
    /// Bytes that were alive when the whole process held most.
    Peak,
    /// Bytes allocated so far.
    Allocated,
}

impl Measure {
    fn of(self, trace: &Trace) -> i64 {
        match self {
            Self::Live => trace.live_bytes,
            Self::Peak => trace.peak_bytes,
            Self::Allocated => trace.allocated_bytes,
        }
    }
}

/// Runs what makes a report, and gives the caller a copy that is his.
fn made<T: Clone>(make: impl FnOnce() -> T) -> T {
    let ours = {
        let _quiet = Quiet::enter();
        make()
    };
    theirs(ours)
}

impl Snapshot {
    /// The lines that hold most now, that held most at the peak, and that allocate much for
    /// nothing: at most `count` each.
    #[must_use]
    pub fn to_text(&self, count: usize) -> String {
        made(|| text::render(self, count))
    }

    /// Everything by line and by stack, in JSON; sizes are whole bytes.
    #[must_use]
    pub fn to_json(&self) -> String {
        made(|| json::render(self))
    }

    /// Stacks with what each holds, one a line, the outermost frame first: what flame-graph tools
    /// read.
    #[must_use]
    pub fn to_folded(&self, measure: Measure) -> String {
        made(|| folded::render(self, measure))
    }

    /// A flame graph as SVG; empty where nothing is to be shown.
    #[cfg(feature = "flamegraph")]
    #[must_use]
    pub fn to_flamegraph(&self, measure: Measure) -> String {
        made(|| flame::render(self, measure))
    }

    /// What DHAT's viewer reads (`dh_view.html` of Valgrind), version 2 of its JSON.
    #[must_use]
    pub fn to_dhat(&self) -> String {
        made(|| dhat::render(self))
    }

    /// What `go tool pprof` reads, with `alloc_objects`, `alloc_space`, `inuse_objects` and
    /// `inuse_space` of each stack.
    #[cfg(feature = "pprof")]
    #[must_use]
    pub fn to_pprof(&self) -> Vec<u8> {
        made(|| pprof::render(self))
    }
}

/// `function (file:line)`, as flame graphs and DHAT show a frame.
fn label(frame: &Frame) -> String {
    let mut label = frame.function.clone();
    if !frame.file.is_empty() {
        // Writing to a string cannot fail.
        let _ = write!(label, " ({}:{})", frame.file, frame.line);
    }
    label
}
