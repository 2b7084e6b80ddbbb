//! One group of traces and its figures.

use std::fmt;

use mem_profile_format::report::printable_line;

use crate::data::Trace;
use crate::tables::counters::whole;
use mem_profile_names::Frame;

/// The property that groups traces. The frame that decides is the innermost one that is the program's
/// own, inlined calls expanded: never the standard library's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum By {
    /// File and line.
    Line,
    /// The function.
    Function,
    /// The file.
    File,
    /// The crate.
    Crate,
    /// The whole stack.
    Traceback,
}

/// The figures of one group: of a line, a function, a file, a crate or a stack.
///
/// Prints as `src/leak.rs:20: size=48.8 MiB (+48.8 MiB), count=500 (+500), average=100 KiB`, the
/// changes only where it is one of [`compare_to`](crate::Snapshot::compare_to).
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Statistic {
    /// The line, function, file or crate; for a stack the line at its inner end.
    pub name: String,
    /// Of a stack, all frames but the profiler's, the innermost first; else empty.
    pub traceback: Vec<Frame>,
    /// Bytes alive.
    pub size: i64,
    /// Blocks alive.
    pub count: i64,
    /// Bytes alive now − then; `None` where nothing was compared.
    pub size_diff: Option<i64>,
    /// Blocks alive now − then; `None` where nothing was compared.
    pub count_diff: Option<i64>,
    /// Bytes that were alive when the whole process held most.
    pub peak_size: i64,
    /// Blocks that were alive when the whole process held most.
    pub peak_count: i64,
    /// Bytes allocated so far. A reallocation counts as an allocation of its new size.
    pub allocated_size: i64,
    /// Blocks allocated so far. A reallocation counts as one.
    pub allocated_count: i64,
    /// How many of those were reallocations: a `Vec` or `String` that keeps growing has many.
    pub reallocations: u64,
    /// Blocks that were freed by their own thread before it allocated again, or as soon as
    /// [`temporary_within`](crate::Config::temporary_within) says. In a sample, those seen.
    pub temporary: u64,
}

impl Statistic {
    /// Bytes per live block; 0 without any.
    #[must_use]
    pub fn average(&self) -> i64 {
        if self.count == 0 { 0 } else { self.size / self.count }
    }

    /// How likely the line leaks, from 0 to 1: what it allocates is not freed, as often as one
    /// has looked. `1 − (frees + 1) / (allocations − frees + 2)`, as scalene has it.
    #[must_use]
    pub fn leak_score(&self) -> f64 {
        let kept = self.count.max(0) as f64;
        let freed = self.allocated_count as f64 - kept;
        (1.0 - (freed + 1.0) / (kept + 2.0)).clamp(0.0, 1.0)
    }

    /// Adds the figures of a trace. Until [`Self::round_blocks`], blocks are counted in 1024ths.
    pub(crate) fn add(&mut self, trace: &Trace) {
        self.size += trace.live_bytes;
        self.count += trace.live_blocks;
        self.peak_size += trace.peak_bytes;
        self.peak_count += trace.peak_blocks;
        self.allocated_size += trace.allocated_bytes;
        self.allocated_count += trace.allocated_blocks;
        self.reallocations += trace.reallocations;
        self.temporary += trace.temporary;
    }

    /// Rounds each number of blocks once, after all traces were added.
    pub(crate) fn round_blocks(&mut self) {
        for blocks in [&mut self.count, &mut self.peak_count, &mut self.allocated_count] {
            *blocks = whole(*blocks);
        }
    }

    /// Whether anything was compared and is not the same.
    #[must_use]
    pub fn has_changed(&self) -> bool {
        self.size_diff.unwrap_or(0) != 0 || self.count_diff.unwrap_or(0) != 0
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: size={}", printable_line(&self.name), size(self.size))?;
        if let Some(change) = self.size_diff {
            write!(formatter, " ({})", signed(change))?;
        }
        write!(formatter, ", count={}", self.count)?;
        if let Some(change) = self.count_diff {
            write!(formatter, " ({change:+})")?;
        }
        if self.count != 0 {
            write!(formatter, ", average={}", size(self.average()))?;
        }
        Ok(())
    }
}

/// One decimal below a hundred, none above: `48.8 MiB`, `100 KiB`, as `tracemalloc` shows it.
pub(crate) fn size(bytes: i64) -> String {
    let mut value = bytes as f64;
    let mut exponent = 0;
    while value.abs() >= 10.0 * 1024.0 && exponent < 4 {
        value /= 1024.0;
        exponent += 1;
    }
    let name = ["B", "KiB", "MiB", "GiB", "TiB"][exponent];
    match value.abs() < 100.0 && exponent > 0 {
        true => format!("{value:.1} {name}"),
        false => format!("{value:.0} {name}"),
    }
}

fn signed(bytes: i64) -> String {
    let sign = if bytes < 0 { "" } else { "+" };
    format!("{sign}{}", size(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_prints_as_tracemalloc_does() {
        let statistic = Statistic {
            name: "src/leak.rs:20".to_owned(),
            size: 51_200_000,
            count: 500,
            size_diff: Some(51_200_000),
            count_diff: Some(500),
            ..Statistic::default()
        };
        assert_eq!(
            statistic.to_string(),
            "src/leak.rs:20: size=48.8 MiB (+48.8 MiB), count=500 (+500), average=100 KiB"
        );
        let alone = Statistic { size_diff: None, count_diff: None, ..statistic };
        assert_eq!(alone.to_string(), "src/leak.rs:20: size=48.8 MiB, count=500, average=100 KiB");
        let gone = Statistic {
            name: "a".into(),
            size_diff: Some(-7),
            count_diff: Some(-1),
            ..Statistic::default()
        };
        assert_eq!(gone.to_string(), "a: size=0 B (-7 B), count=0 (-1)");
    }

    #[test]
    fn sizes_keep_three_digits_or_more() {
        for (bytes, expected) in [
            (0, "0 B"),
            (10_239, "10239 B"),
            (10_240, "10.0 KiB"),
            (102_400, "100 KiB"),
            (-10_485_760, "-10.0 MiB"),
            (1 << 60, "1048576 TiB"),
        ] {
            assert_eq!(size(bytes), expected);
        }
    }

    #[test]
    fn what_is_never_freed_leaks() {
        let score = |count, allocated_count| {
            Statistic { count, allocated_count, ..Statistic::default() }.leak_score()
        };
        assert!((score(500, 500) - (1.0 - 1.0 / 502.0)).abs() < 1e-12);
        assert_eq!(score(0, 500), 0.0);
    }
}
