//! Lines by the memory that they hold, as the report in text ranks them.

use std::collections::HashMap;

use mem_profile_format::report::{self, HeldByLine, HeldLine};
use mem_profile_format::{FunctionSnapshot, LineSnapshot, Snapshot};
use serde::Serialize;

use super::pieces::encoded;
use crate::view::highlight::highlight;
use crate::view::names::short_names;

/// Longest statement of a line, in columns.
const LONGEST: usize = 400;

/// Lines by one of the figures of their own blocks. All bytes are here once: `lines`, `rest`, `outside` and
/// `unattributed` add up to `total`.
#[derive(Serialize)]
pub(super) struct Ranking {
    key: &'static str,
    total: u64,
    lines: Vec<Line>,
    /// The number of other lines, and their bytes.
    rest: (usize, u64),
    outside: u64,
    unattributed: u64,
}

/// `[function, row, bytes, statement, pieces, short name of the function]`
#[derive(Serialize)]
struct Line(usize, usize, u64, String, String, String);

/// The rankings that the page offers, the peak first.
pub(super) fn rankings(
    snapshot: &Snapshot,
    at_peak: Option<HeldByLine>,
    rows: &Rows,
) -> Option<[Ranking; 3]> {
    let paths = snapshot.paths.as_ref()?;
    let ranking = |key, held| ranking(snapshot, rows, key, held);
    Some([
        ranking("at_peak", at_peak?),
        ranking("live", HeldByLine::of(paths, |held| held.live)),
        ranking("allocated", HeldByLine::of(paths, |held| held.allocated)),
    ])
}

fn ranking(snapshot: &Snapshot, rows: &Rows, key: &'static str, held: HeldByLine) -> Ranking {
    let names = held.lines.iter().map(|it| snapshot.functions[it.function].name.as_str());
    let names = short_names(names);
    let line = |(it, name): (&HeldLine, &String)| {
        let text = report::statement(snapshot.functions[it.function].rows_from(it.line), LONGEST);
        let pieces = highlight(std::slice::from_ref(&text)).first().map(|pieces| encoded(pieces));
        let row = rows.of(it.function, it.line);
        let pieces = pieces.unwrap_or_default();
        Line(it.function, row, it.bytes, text, pieces, report::printable(name))
    };
    Ranking {
        key,
        total: held.total,
        lines: held.lines.iter().zip(&names).map(line).collect(),
        rest: (held.more_lines, held.more),
        outside: held.outside,
        unattributed: held.unattributed,
    }
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
    use mem_profile_format::report::Overview;

    use super::super::tests::held;
    use super::*;

    fn shown(snapshot: &Snapshot) -> [Ranking; 3] {
        let at_peak = Overview::of(snapshot).held;
        rankings(snapshot, at_peak, &Rows::new(&snapshot.functions)).unwrap()
    }

    fn sum(ranking: &Ranking) -> u64 {
        let lines: u64 = ranking.lines.iter().map(|line| line.2).sum();
        lines + ranking.rest.1 + ranking.outside + ranking.unattributed
    }

    #[test]
    fn every_ranking_adds_up_to_its_whole() {
        // On two paths, line 35 is one line.
        let lines = [(0, 35, 500), (1, 6, 300), (0, 35, 180), (0, 36, 5), (2, 21, 3)];
        let rankings = shown(&held(&lines, 11));
        let [at_peak, live, allocated] = &rankings;
        assert_eq!((at_peak.total, live.total, allocated.total), (1000, 7, 2000));
        assert_eq!(rankings.each_ref().map(sum), [1000, 7, 2000]);
        let text = "let text = \"x\".repeat(100_000);";
        let Line(function, row, bytes, statement, pieces, name) = &at_peak.lines[0];
        assert_eq!((*function, *row, *bytes, &**statement), (0, 4, 680, text));
        assert_eq!((&**pieces, &**name), ("k3_8s3_1f6_1n7_2", "leak::process"));
        assert_eq!((at_peak.rest, at_peak.outside, at_peak.unattributed), ((2, 8), 11, 1));
    }

    /// As the report in text: blocks outside of measured functions do not take the place of lines.
    #[test]
    fn a_ranking_is_the_one_of_the_overview() {
        let snapshot = held(&[(0, 35, 40), (1, 6, 30), (0, 36, 20), (2, 21, 5)], 9_999);
        let expected = Overview::of(&snapshot).held.unwrap();
        let [at_peak, ..] = shown(&snapshot);
        assert_eq!(at_peak.lines.len(), 4);
        let bytes = |line: &Line| (line.0, line.2);
        let lines = expected.lines.iter().map(|line| (line.function, line.bytes));
        assert!(at_peak.lines.iter().map(bytes).eq(lines));
        assert_eq!((at_peak.total, at_peak.rest), (10_095, (0, 0)));
    }
}
