//! Lines by the memory that they hold. This file only sorts and adds.

use std::cmp::Reverse;
use std::collections::HashMap;

use mem_profile_format::{
    CallPaths, FunctionSnapshot, Held, LineSnapshot, OwnLine, ProcessPeak, Snapshot,
};
use serde::Serialize;

use crate::figures::Figures;

/// Most lines of a ranking, and most functions whose tables are open.
const MOST: usize = 10;

/// The share of the whole that is shown, in percent.
const SHOWN: u64 = 95;

/// Lines by one of the figures of their own blocks. All bytes are here once: `lines`, `rest`, `outside` and
/// `unattributed` add up to `total`.
#[derive(Serialize)]
pub(super) struct Ranking {
    key: &'static str,
    total: u64,
    /// `[function, row, bytes]`, highest first.
    lines: Vec<(usize, usize, u64)>,
    /// The number of other lines, and their bytes.
    rest: (usize, u64),
    outside: u64,
    unattributed: u64,
}

/// The process at its peak. Its bytes are the sum that the rankings show: with several threads, the total that
/// was counted may differ from it.
pub(super) fn peak(snapshot: &Snapshot) -> Option<ProcessPeak> {
    let sum = snapshot.paths.as_ref().map(|paths| paths.total().at_peak);
    snapshot.peak.map(|peak| ProcessPeak { bytes: sum.unwrap_or(peak.bytes), ..peak })
}

/// The rankings that the page offers.
pub(super) fn rankings(snapshot: &Snapshot, rows: &Rows) -> Option<[Ranking; 3]> {
    let paths = snapshot.paths.as_ref()?;
    let lines = paths.by_line();
    let ranking = |key, figure| ranking(paths, &lines, rows, (key, figure));
    Some([
        ranking("at_peak", |held| held.at_peak),
        ranking("live", |held| held.live),
        ranking("allocated", |held| held.allocated),
    ])
}

fn ranking(
    paths: &CallPaths,
    lines: &[OwnLine],
    rows: &Rows,
    (key, figure): (&'static str, fn(&Held) -> u64),
) -> Ranking {
    let total = figure(&paths.total());
    let (outside, unattributed) = (figure(&paths.outside), figure(&paths.unattributed));
    let mut found: Vec<_> = lines.iter().filter(|line| figure(&line.own) > 0).collect();
    found.sort_by_key(|line| Reverse(figure(&line.own)));
    let shown = enough(found.iter().map(|line| figure(&line.own)), total, outside + unattributed);
    let (shown, rest) = found.split_at(shown);
    Ranking {
        key,
        total,
        lines: shown
            .iter()
            .map(|line| (line.function, rows.of(line.function, line.line), figure(&line.own)))
            .collect(),
        rest: (rest.len(), rest.iter().map(|line| figure(&line.own)).sum()),
        outside,
        unattributed,
    }
}

/// The functions that hold nearly all of the peak, hottest first. Without live blocks, those that rose most.
pub(super) fn hottest(snapshot: &Snapshot) -> Vec<usize> {
    let functions = snapshot.functions.iter();
    let increment =
        |function: &FunctionSnapshot| Figures::of_function(function).increment?.try_into().ok();
    let figure = |function: &FunctionSnapshot| match &snapshot.paths {
        Some(_) => own(function, |line| line.at_peak),
        None => function.peak.or_else(|| increment(function)),
    };
    let mut found: Vec<_> =
        functions.map(|it| figure(it).unwrap_or(0)).enumerate().filter(|it| it.1 > 0).collect();
    found.sort_by_key(|(_, bytes)| Reverse(*bytes));
    let shown = match &snapshot.paths {
        Some(paths) => {
            let apart = paths.outside.at_peak + paths.unattributed.at_peak;
            enough(found.iter().map(|(_, bytes)| *bytes), paths.total().at_peak, apart)
        }
        None => found.len().min(MOST),
    };
    found[..shown].iter().map(|(index, _)| *index).collect()
}

/// How many of these figures, with what is listed apart, are nearly the whole; at least one.
fn enough(figures: impl Iterator<Item = u64>, total: u64, apart: u64) -> usize {
    let (mut listed, mut count) = (apart, 0);
    for figure in figures.take(MOST) {
        if count > 0 && u128::from(listed) * 100 >= u128::from(total) * u128::from(SHOWN) {
            break;
        }
        listed = listed.saturating_add(figure);
        count += 1;
    }
    count
}

/// The sum over the lines of a function; `None` if no line has the figure.
pub(super) fn own(
    function: &FunctionSnapshot,
    figure: impl Fn(&LineSnapshot) -> Option<u64>,
) -> Option<u64> {
    function.lines.iter().filter_map(figure).reduce(u64::saturating_add)
}

/// The first row of each line of each function.
pub(super) struct Rows(HashMap<(usize, u32), usize>);

impl Rows {
    pub(super) fn new(functions: &[FunctionSnapshot]) -> Self {
        let mut rows = HashMap::new();
        for (index, function) in functions.iter().enumerate() {
            for (row, line) in function.lines.iter().enumerate() {
                rows.entry((index, line.line)).or_insert(row);
            }
        }
        Self(rows)
    }

    /// The row of a line, or the first if it has none.
    pub(super) fn of(&self, function: usize, line: u32) -> usize {
        self.0.get(&(function, line)).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::held;
    use super::*;
    use crate::sample;

    fn shown(snapshot: &Snapshot) -> [Ranking; 3] {
        rankings(snapshot, &Rows::new(&snapshot.functions)).unwrap()
    }

    fn sum(ranking: &Ranking) -> u64 {
        let lines: u64 = ranking.lines.iter().map(|(_, _, bytes)| bytes).sum();
        lines + ranking.rest.1 + ranking.outside + ranking.unattributed
    }

    #[test]
    fn every_ranking_adds_up_to_its_whole() {
        // On two paths, line 35 is one line.
        let lines = [(0, 35, 500), (1, 6, 300), (0, 35, 100), (0, 36, 5), (2, 21, 3)];
        let rankings = shown(&held(&lines, 91));
        let [at_peak, live, allocated] = &rankings;
        assert_eq!((at_peak.total, live.total, allocated.total), (1000, 7, 2000));
        assert_eq!(rankings.each_ref().map(sum), [1000, 7, 2000]);
        assert_eq!(at_peak.lines, [(0, 4, 600), (1, 1, 300)]);
        assert_eq!((at_peak.rest, at_peak.outside, at_peak.unattributed), ((2, 8), 91, 1));
    }

    #[test]
    fn the_peak_is_the_sum_of_its_lines() {
        let mut snapshot = held(&[(0, 35, 900)], 99);
        snapshot.peak = Some(ProcessPeak { bytes: 970, after: Some(7), uncertainty: 64 });
        let expected = ProcessPeak { bytes: 1000, after: Some(7), uncertainty: 64 };
        assert_eq!(peak(&snapshot), Some(expected));
    }

    #[test]
    fn a_ranking_has_ten_lines_at_most_and_one_at_least() {
        let lines = (33..40).map(|line| (0, line, 1)).chain((5..9).map(|at| (1, at, 1)));
        let lines: Vec<_> = lines.collect();
        let [at_peak, ..] = shown(&held(&lines, 0));
        assert_eq!((at_peak.lines.len(), at_peak.rest, sum(&at_peak)), (10, (1, 1), 12));
        let [at_peak, ..] = shown(&held(&lines, 1_000_000));
        assert_eq!((at_peak.lines.len(), at_peak.rest, sum(&at_peak)), (1, (10, 10), 1_000_012));
        let [at_peak, ..] = shown(&held(&[], 1));
        assert_eq!((at_peak.lines.len(), at_peak.rest, sum(&at_peak)), (0, (0, 0), 2));
    }

    #[test]
    fn functions_are_open_until_nearly_all_of_the_peak_is_shown() {
        let lines = [(0, 35, 30), (1, 6, 600), (0, 36, 60), (2, 21, 3)];
        assert_eq!(hottest(&held(&lines, 0)), [1, 0]);
        assert_eq!(hottest(&held(&lines, 99_999)), [1]);
        // Without live blocks, by the rise of a call.
        let mut snapshot = sample::leak();
        snapshot.functions[1].peak = Some(7);
        snapshot.functions[2].peak = Some(300_000_000);
        snapshot.functions[0].peak = Some(0);
        assert_eq!(hottest(&snapshot), [2, 1]);
    }
}
