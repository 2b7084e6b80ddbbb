//! Memory over time: readings, calls and named blocks.

use super::ResidentSet;

/// Memory over time, as far as the run recorded it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "report", derive(miniserde::Serialize))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Timeline {
    /// When it began, in nanoseconds since 1970. All times below count from here, on a clock that
    /// never goes back.
    pub started: u64,
    /// Time between two samples, in nanoseconds. It doubles when there are very many.
    pub interval: u64,
    /// Memory in use by the process, oldest first, as [`Snapshot::backend`] measures it.
    ///
    /// [`Snapshot::backend`]: super::Snapshot::backend
    pub samples: Vec<Reading>,
    /// Calls and named blocks, by their start.
    pub spans: Vec<Span>,
    /// The functions and blocks of the spans, by first appearance.
    pub labels: Vec<Label>,
}

/// Memory in use at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "report", derive(miniserde::Serialize))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Reading {
    /// Nanoseconds since the timeline began.
    pub time: u64,
    /// Bytes in use by the process.
    pub bytes: u64,
    /// The resident set then, beside these; `None` where that is not known, or with rss.
    pub resident: Option<ResidentSet>,
}

/// One call of an annotated function, or one run of a named block.
///
/// The span of an async function lasts from its first poll to its completion or its drop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "report", derive(miniserde::Serialize))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Span {
    /// Index into [`Timeline::labels`].
    pub label: u32,
    /// Nanoseconds since the timeline began.
    pub start: u64,
    /// The same; `None` where it had not ended yet.
    pub end: Option<u64>,
    /// Bytes in use by the process as far as the thread knows: up to 64 KiB of each other running thread
    /// may be missing.
    pub bytes_at_start: u64,
    /// The same; `None` where it had not ended yet.
    pub bytes_at_end: Option<u64>,
    /// The nesting: one more than the innermost call or named block around it, on its thread or in its
    /// task; 0 if there was none.
    pub level: u32,
    /// Number of the thread on which it began. A new thread gets the number of one that has ended.
    pub thread: u32,
}

/// A function or a named block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "report", derive(miniserde::Serialize))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Label {
    /// Full path of the function, such as `leak::build`, or name of the block.
    pub name: String,
    /// Whether it is a named block.
    pub is_block: bool,
    /// Calls without a span: of very frequent calls, only every second, fourth and so on is kept.
    pub omitted: u64,
}

impl Timeline {
    /// The function or block of the span.
    #[must_use]
    pub fn label(&self, span: &Span) -> Option<&Label> {
        self.labels.get(span.label as usize)
    }

    /// The earliest of the highest samples. Memory that comes and goes between two samples is missed.
    #[must_use]
    pub fn peak(&self) -> Option<Reading> {
        self.samples.iter().copied().rev().max_by_key(|sample| sample.bytes)
    }

    /// Calls and runs of blocks without a span.
    #[must_use]
    pub fn omitted(&self) -> u64 {
        self.labels.iter().map(|label| label.omitted).fold(0, u64::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_the_earliest_of_the_highest() {
        let reading = |(time, bytes)| Reading { time, bytes, resident: None };
        let samples = [(1, 5), (2, 9), (3, 9), (4, 1)].map(reading).to_vec();
        let timeline = Timeline { samples, ..Timeline::default() };
        assert_eq!(timeline.peak(), Some(reading((2, 9))));
        assert_eq!(Timeline::default().peak(), None);
    }
}
