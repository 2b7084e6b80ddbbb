//! Which functions get a table, and in which order.

use std::cmp::Reverse;

use super::share::{self, MOST};
use crate::snapshot::{FunctionSnapshot, Snapshot};

/// How many tables a report for people has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Top {
    /// Those that account for 95 % of the peak, at most ten.
    #[default]
    Hot,
    /// As many as this.
    First(usize),
    /// One for each function.
    All,
}

impl Top {
    /// Reads a number or `all`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            _ if text.eq_ignore_ascii_case("all") => Some(Self::All),
            number => number.parse().ok().map(Self::First),
        }
    }
}

/// The functions that get a table, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Their indices in [`Snapshot::functions`].
    pub functions: Vec<usize>,
    /// How many functions there are to choose from.
    pub of: usize,
}

impl Selection {
    /// The first of these functions.
    #[must_use]
    pub fn first(mut functions: Vec<usize>, top: Top, snapshot: &Snapshot) -> Self {
        let of = functions.len();
        functions.truncate(match top {
            Top::Hot => hot(&functions, snapshot),
            Top::First(number) => number,
            Top::All => of,
        });
        Self { functions, of }
    }

    /// The hottest functions.
    #[must_use]
    pub fn hottest(snapshot: &Snapshot, top: Top) -> Self {
        let mut functions: Vec<_> = (0..snapshot.functions.len()).collect();
        hottest_first(&mut functions, snapshot);
        Self::first(functions, top, snapshot)
    }

    /// The bytes at the peak that the lines of these functions hold.
    pub(super) fn at_peak(&self, snapshot: &Snapshot) -> u64 {
        at_peak(&self.functions, snapshot).fold(0, u64::saturating_add)
    }
}

/// Puts first the functions whose own lines hold most at the process's peak. Where that is not known, it is those
/// with the highest peak, callees included. Equal functions stay as they are.
pub fn hottest_first(functions: &mut [usize], snapshot: &Snapshot) {
    let is_known = snapshot.paths.is_some();
    functions.sort_by_key(|&index| {
        snapshot.functions.get(index).map(|function| match is_known {
            true => Reverse(own_at_peak(function)),
            false => Reverse(function.peak.unwrap_or_else(|| highest(function))),
        })
    });
}

/// How many of these functions account for enough of the peak.
fn hot(functions: &[usize], snapshot: &Snapshot) -> usize {
    match share::held_at_peak(snapshot).filter(|&peak| peak > 0) {
        Some(peak) => share::enough(at_peak(functions, snapshot).take(MOST), peak).max(1),
        // Figures that include callees do not add up.
        None => MOST,
    }
}

fn at_peak(functions: &[usize], snapshot: &Snapshot) -> impl Iterator<Item = u64> {
    functions.iter().filter_map(|&index| snapshot.functions.get(index)).map(own_at_peak)
}

fn own_at_peak(function: &FunctionSnapshot) -> u64 {
    function.lines.iter().filter_map(|line| line.at_peak).fold(0, u64::saturating_add)
}

/// The most that one line gained, or used for a while and gave back.
fn highest(function: &FunctionSnapshot) -> u64 {
    let gained = |line| u64::try_from(line).unwrap_or(0);
    let lines = function.body_lines();
    let figure = lines.map(|line| line.peak.unwrap_or(0).max(line.increment.map_or(0, gained)));
    figure.max().unwrap_or(0)
}
