//! Orders of functions, by the columns of a report. This file only computes.
//!
//! A function comes first for what is in it, not for what it calls. Where the recording has live blocks, each line is
//! known by the blocks that it allocated itself. The figures of these add up. Those that include what a line called do
//! not: of them, a function has its highest line, and no line counts with more than it allocated itself.

use std::cmp::Reverse;
use std::collections::HashMap;

use clap::ValueEnum;
use mem_profile_format::report::hottest_first;
use mem_profile_format::{FunctionSnapshot, Held, LineSnapshot, Snapshot};

use crate::figures::{Figures, Measure};

/// Order of functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Order {
    /// Bytes that its own lines hold at the peak of the process; its own peak, if these are not recorded
    #[value(alias = "at-peak")]
    Hot,
    /// By file and line
    Position,
    /// By path
    Name,
    /// Highest memory in use after a line
    #[value(alias = "mem-usage")]
    Usage,
    /// Bytes gained
    Increment,
    /// Highest rise during one execution of a line
    Peak,
    /// Bytes that are still live
    Live,
    /// Bytes allocated, freed or not
    Allocated,
    /// Number of allocations
    #[value(alias = "allocations")]
    Allocs,
    /// Number of calls
    #[value(alias = "calls")]
    Occurrences,
}

/// Blocks that each line of a function allocated itself.
type OwnFigures = HashMap<u32, Held>;

impl Order {
    /// Sorts functions, which are indices into those of the snapshot. Equal ones stay as they were.
    pub(crate) fn sort(self, functions: &mut [usize], snapshot: &Snapshot) {
        let all = &snapshot.functions;
        match self {
            Self::Hot => hottest_first(functions, snapshot),
            // Recordings are sorted by file and line when they are read.
            Self::Position => functions.sort_unstable(),
            Self::Name => functions.sort_by(|&one, &other| all[one].name.cmp(&all[other].name)),
            column => {
                let own = own_figures(snapshot);
                let own = |index: usize| own.as_ref().map(|own| &own[index]);
                functions
                    .sort_by_cached_key(|&index| Reverse(column.figure(&all[index], own(index))));
            }
        }
    }

    fn figure(self, function: &FunctionSnapshot, own: Option<&OwnFigures>) -> Option<i128> {
        let total = |measure: Measure| measure.of(&Figures::of_function(function));
        let sum = |figure: fn(&Held) -> u64| {
            own.map(|own| own.values().map(|held| i128::from(figure(held))).sum())
        };
        let highest = |figure: fn(&LineSnapshot) -> Option<i128>| highest(function, own, figure);
        match self {
            Self::Usage => highest(|line| line.usage.map(i128::from)),
            Self::Increment if own.is_none() => total(Measure::Increment),
            Self::Increment => highest(|line| line.increment.map(i128::from)),
            Self::Peak if own.is_none() && function.peak.is_some() => function.peak.map(i128::from),
            Self::Peak => highest(|line| line.peak.map(i128::from)),
            Self::Live => function.lines.iter().filter_map(|line| line.live.map(i128::from)).max(),
            Self::Allocated => sum(|held| held.allocated).or_else(|| total(Measure::Allocated)),
            Self::Allocs => sum(|held| held.allocations).or_else(|| total(Measure::Allocs)),
            Self::Occurrences => Some(function.calls.into()),
            Self::Hot | Self::Position | Self::Name => None,
        }
    }
}

/// The highest of the function's lines, each with at most what it allocated itself, where that is known.
fn highest(
    function: &FunctionSnapshot,
    own: Option<&OwnFigures>,
    figure: impl Fn(&LineSnapshot) -> Option<i128>,
) -> Option<i128> {
    let most = |line: &LineSnapshot| match own {
        Some(own) => own.get(&line.line).map_or(0, |held| held.allocated.into()),
        None => i128::MAX,
    };
    function.body_lines().filter_map(|line| Some(figure(line)?.min(most(line)))).max()
}

/// The own figures of all functions; `None` unless live blocks were recorded.
fn own_figures(snapshot: &Snapshot) -> Option<Vec<OwnFigures>> {
    let mut own = vec![OwnFigures::new(); snapshot.functions.len()];
    for line in snapshot.paths.as_ref()?.by_line() {
        own[line.function].insert(line.line, line.own);
    }
    Some(own)
}

#[cfg(test)]
mod tests {
    use mem_profile_format::{CallPath, CallPaths};

    use super::*;
    use crate::sample::{self, function, ran};

    fn names(order: Order, snapshot: &Snapshot) -> String {
        let mut functions: Vec<_> = (0..snapshot.functions.len()).collect();
        order.sort(&mut functions, snapshot);
        let names = functions.iter().map(|&index| snapshot.functions[index].name.as_str());
        names.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_order_ranks() {
        let snapshot = sample::leak();
        let shown = Order::value_variants().iter().map(|&order| {
            let value = order.to_possible_value().unwrap();
            format!("{}: {}", value.get_name(), names(order, &snapshot))
        });
        insta::assert_snapshot!(shown.collect::<Vec<_>>().join("\n"), @"
        hot: audit::log leak::process text::parse
        position: leak::process text::parse audit::log
        name: audit::log leak::process text::parse
        usage: leak::process text::parse audit::log
        increment: leak::process text::parse audit::log
        peak: audit::log leak::process text::parse
        live: leak::process text::parse audit::log
        allocated: audit::log leak::process text::parse
        allocs: audit::log leak::process text::parse
        occurrences: text::parse audit::log leak::process
        ");
    }

    /// `main` calls `load`, which calls `parse`; only `parse` allocates much.
    fn called() -> Snapshot {
        let lines = |line, increment: i64| {
            let figure = increment.unsigned_abs();
            vec![
                ran(line, "{", (0, 0, 0, 0, 1)),
                ran(line + 1, "x", (increment, figure, figure, 9, 1)),
            ]
        };
        let path = |caller, function, line, bytes| CallPath {
            caller,
            function,
            line,
            is_recursive: false,
            own: Held {
                at_peak: bytes,
                live: bytes,
                allocated: bytes,
                allocations: bytes / 10,
                ..Held::default()
            },
        };
        let all = vec![path(None, 0, 2, 10), path(Some(0), 1, 4, 20), path(Some(1), 2, 6, 900)];
        let mut snapshot = Snapshot {
            functions: vec![
                function("main", "a.rs", 1, lines(1, 930)),
                function("load", "a.rs", 1, lines(3, 920)),
                function("parse", "a.rs", 1, lines(5, 900)),
            ],
            paths: Some(CallPaths { all, ..CallPaths::default() }),
            ..sample::leak()
        };
        for (function, bytes) in snapshot.functions.iter_mut().zip([10, 20, 900]) {
            let line = &mut function.lines[1];
            (line.at_peak, line.live) = (Some(bytes), Some(bytes));
        }
        snapshot
    }

    #[test]
    fn a_function_comes_first_for_what_is_in_it() {
        let mut snapshot = called();
        use Order::{Allocated, Allocs, Hot, Increment, Live, Peak, Usage};
        for order in [Allocated, Allocs, Hot, Increment, Live, Peak, Usage] {
            assert_eq!(names(order, &snapshot), "parse load main", "{order:?}");
        }
        snapshot.paths = None;
        assert_eq!(names(Increment, &snapshot), "main load parse", "callees are not known");
    }
}
