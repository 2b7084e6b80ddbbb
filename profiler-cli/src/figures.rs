//! The figures of a line and of a function. This file only computes: it prints
//! nothing, and knows no file format.

use std::collections::HashMap;

use clap::ValueEnum;
use mem_profile_format::report::Unit;
use mem_profile_format::{FunctionSnapshot, Held, LineSnapshot, Snapshot};
use serde::{Deserialize, Serialize};

/// Figures of a line or a function. Sizes are in bytes; `None` if nothing was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Figures {
    /// Memory in use after each execution minus before it, summed up; negative if memory was freed.
    pub(crate) increment: Option<i64>,
    /// Highest rise of a line above its start.
    pub(crate) peak: Option<u64>,
    /// Bytes allocated, freed or not.
    pub(crate) allocated: Option<u64>,
    /// Number of allocations.
    pub(crate) allocations: Option<u64>,
    /// Executions of a line, calls of a function.
    pub(crate) occurrences: Option<u64>,
    /// Bytes that the lines themselves had allocated and that were live at the process's peak.
    pub(crate) at_peak: Option<u64>,
    /// The same for the bytes that are live at the end.
    pub(crate) live: Option<u64>,
}

impl Figures {
    pub(crate) fn of_line(line: &LineSnapshot) -> Self {
        Self {
            increment: line.increment,
            peak: line.peak,
            allocated: line.allocated,
            allocations: line.allocations,
            occurrences: line.occurrences,
            at_peak: line.at_peak,
            live: line.live,
        }
    }

    /// Sums over the lines of the function's body, and the function's own peak: the highest peak of its lines
    /// is lower.
    pub(crate) fn of_function(function: &FunctionSnapshot) -> Self {
        Self {
            increment: total(function, |line| line.increment, i64::saturating_add),
            peak: function.peak,
            allocated: total(function, |line| line.allocated, u64::saturating_add),
            allocations: total(function, |line| line.allocations, u64::saturating_add),
            occurrences: Some(function.calls),
            at_peak: total(function, |line| line.at_peak, u64::saturating_add),
            live: total(function, |line| line.live, u64::saturating_add),
        }
    }
}

/// The sum over the body's lines; `None` if no row has the figure. If only the entry has it, as in a
/// function without statements, the sum is 0.
fn total<T: Default>(
    function: &FunctionSnapshot,
    figure: impl Fn(&LineSnapshot) -> Option<T>,
    add: impl Fn(T, T) -> T,
) -> Option<T> {
    let is_measured = function.lines.iter().any(|line| figure(line).is_some());
    is_measured.then(|| function.body_lines().filter_map(figure).fold(T::default(), add))
}

/// Has each line say what it has allocated itself, without its callees; nothing where that is not known.
pub(crate) fn keep_own_allocations(snapshot: &mut Snapshot) {
    let own = snapshot.paths.as_ref().map(|paths| {
        let lines = paths.by_line().into_iter();
        lines.map(|it| ((it.function, it.line), it.own)).collect::<HashMap<_, _>>()
    });
    for (number, function) in snapshot.functions.iter_mut().enumerate() {
        for line in &mut function.lines {
            let own = own.as_ref().filter(|_| line.ran());
            let own = own.map(|own| own.get(&(number, line.line)).copied().unwrap_or_default());
            line.allocated = own.map(|it| it.allocated);
            line.allocations = own.map(|it| it.allocations);
        }
    }
}

/// One of the figures of a row. Increment and peak include what the line has called, and so do allocations but for
/// a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Measure {
    /// Bytes of the line itself that were live at the peak of the process
    AtPeak,
    /// Bytes of the line itself that are live at the end
    Live,
    /// Memory in use after the line minus before it, over all executions
    Increment,
    /// Highest rise during one execution of the line, or one call of the function
    Peak,
    /// Bytes allocated by the line itself, freed or not
    Allocated,
    /// Number of allocations of the line itself
    #[serde(alias = "allocations")]
    #[value(alias = "allocations")]
    Allocs,
}

impl Measure {
    /// The name used in options and sentences.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AtPeak => "at-peak",
            Self::Live => "live",
            Self::Increment => "increment",
            Self::Peak => "peak",
            Self::Allocated => "allocated",
            Self::Allocs => "allocs",
        }
    }

    /// The title of its column.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::AtPeak => "At peak",
            Self::Live => "Live",
            Self::Increment => "Increment",
            Self::Peak => "Peak",
            Self::Allocated => "Allocated",
            Self::Allocs => "Allocs",
        }
    }

    /// The number as text: a size, or a count without a unit.
    pub(crate) fn format(self, figure: i128, unit: Unit, precision: usize) -> String {
        match self {
            Self::Allocs => figure.to_string(),
            _ => unit.format(figure, precision),
        }
    }

    pub(crate) fn of(self, figures: &Figures) -> Option<i128> {
        match self {
            Self::AtPeak => figures.at_peak.map(i128::from),
            Self::Live => figures.live.map(i128::from),
            Self::Increment => figures.increment.map(i128::from),
            Self::Peak => figures.peak.map(i128::from),
            Self::Allocated => figures.allocated.map(i128::from),
            Self::Allocs => figures.allocations.map(i128::from),
        }
    }
}

/// One of the figures of blocks by the line that allocated them. These may be added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Own {
    /// Bytes that were live at the peak of the process
    AtPeak,
    /// Bytes that are live at the end
    Live,
    /// Bytes allocated, freed or not
    Allocated,
    /// Number of allocations
    #[value(alias = "allocations")]
    Allocs,
}

impl Own {
    /// The name used in options and sentences, the same as of a [`Measure`].
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AtPeak => Measure::AtPeak.name(),
            Self::Live => Measure::Live.name(),
            Self::Allocated => Measure::Allocated.name(),
            Self::Allocs => Measure::Allocs.name(),
        }
    }

    /// The title of its column.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::AtPeak => Measure::AtPeak.title(),
            Self::Live => Measure::Live.title(),
            Self::Allocated => Measure::Allocated.title(),
            Self::Allocs => Measure::Allocs.title(),
        }
    }

    pub(crate) fn of(self, held: &Held) -> u64 {
        match self {
            Self::AtPeak => held.at_peak,
            Self::Live => held.live,
            Self::Allocated => held.allocated,
            Self::Allocs => held.allocations,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn the_figures_of_a_function_leave_out_its_entry() {
        let leak = sample::by_line();
        let figures = Figures::of_function(&leak.functions[0]);
        let expected = Figures {
            increment: Some(100_050_000),
            peak: Some(100_000),
            allocated: Some(100_150_000),
            allocations: Some(1002),
            occurrences: Some(1),
            at_peak: Some(100_150_000),
            live: Some(100_050_000),
        };
        assert_eq!(figures, expected);
        let entry_only = FunctionSnapshot { lines: vec![], ..leak.functions[0].clone() };
        assert_eq!(Figures::of_function(&entry_only).increment, None);
    }
}
