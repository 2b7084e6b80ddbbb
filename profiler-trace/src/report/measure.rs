//! The figure that a graph shows.

use crate::data::Trace;

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
    /// As the column of a table.
    #[cfg(feature = "flamegraph")]
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Live => "Live",
            Self::Peak => "At peak",
            Self::Allocated => "Allocated",
        }
    }

    pub(super) fn of(self, trace: &Trace) -> i64 {
        match self {
            Self::Live => trace.live_bytes,
            Self::Peak => trace.peak_bytes,
            Self::Allocated => trace.allocated_bytes,
        }
    }
}
