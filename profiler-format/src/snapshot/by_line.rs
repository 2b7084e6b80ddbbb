//! Sums over paths: by line, and by the line that calls.

use std::collections::{BTreeMap, HashMap};

use super::held::{CallPaths, Held};

/// All that a line had allocated itself, on whatever path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnLine {
    /// The function, as an index into [`super::Snapshot::functions`].
    pub function: usize,
    /// The line, counted from 1.
    pub line: u32,
    /// Its own blocks: no other line has them.
    pub own: Held,
}

/// A line that calls a measured function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// The function of the calling line, as an index into [`super::Snapshot::functions`].
    pub caller: usize,
    /// The calling line, counted from 1.
    pub line: u32,
    /// The function that it calls.
    pub callee: usize,
    /// The blocks of the callee, and of all that it called in turn, each once. The figures of different calls may
    /// not be added up: the calls below have them too.
    pub below: Held,
}

impl CallPaths {
    /// The lines that allocated anything, by function and line. Disjoint: with [`Self::outside`] and
    /// [`Self::unattributed`], they add up to the whole process.
    #[must_use]
    pub fn by_line(&self) -> Vec<OwnLine> {
        let mut lines: BTreeMap<(usize, u32), Held> = BTreeMap::new();
        for path in self.all.iter().filter(|path| path.own != Held::default()) {
            lines.entry((path.function, path.line)).or_default().add(&path.own);
        }
        let own = |((function, line), own)| OwnLine { function, line, own };
        lines.into_iter().map(own).collect()
    }

    /// For each path, its own blocks and those of all paths that it leads to.
    #[must_use]
    pub fn with_callees(&self) -> Vec<Held> {
        let mut sums: Vec<Held> = self.all.iter().map(|path| path.own).collect();
        for (at, path) in self.all.iter().enumerate().rev() {
            if let Some(caller) = path.caller {
                let sum = sums[at];
                sums[caller].add(&sum);
            }
        }
        sums
    }

    /// The paths that each path leads to; behind them, in the last place, the outermost ones.
    #[must_use]
    pub fn callees(&self) -> Vec<Vec<usize>> {
        let mut callees = vec![Vec::new(); self.all.len() + 1];
        for (at, path) in self.all.iter().enumerate() {
            callees[path.caller.unwrap_or(self.all.len())].push(at);
        }
        callees
    }

    /// Calls, by calling line and callee.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        let (sums, callees) = (self.with_callees(), self.callees());
        let mut calls: BTreeMap<(usize, u32, usize), Held> = BTreeMap::new();
        // How often each call is open on the way from the outermost line: recursion counts once.
        let mut open: HashMap<(usize, u32, usize), usize> = HashMap::new();
        let mut steps: Vec<_> = callees[self.all.len()].iter().map(|&at| (at, true)).collect();
        while let Some((at, is_entered)) = steps.pop() {
            let path = &self.all[at];
            if let Some(caller) = path.caller.map(|caller| &self.all[caller]) {
                let call = (caller.function, caller.line, path.function);
                let count = open.entry(call).or_default();
                if is_entered && *count == 0 {
                    calls.entry(call).or_default().add(&sums[at]);
                }
                *count = if is_entered { *count + 1 } else { *count - 1 };
            }
            if is_entered {
                steps.push((at, false));
                steps.extend(callees[at].iter().map(|&next| (next, true)));
            }
        }
        let call = |((caller, line, callee), below)| Call { caller, line, callee, below };
        calls.into_iter().map(call).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::held::CallPath;
    use super::*;

    fn path(caller: Option<usize>, function: usize, line: u32, at_peak: u64) -> CallPath {
        CallPath {
            caller,
            function,
            line,
            is_recursive: false,
            own: Held { at_peak, ..Held::default() },
        }
    }

    /// `0` calls `1` on line 5 and again on line 6; `1` calls itself on line 8.
    fn paths() -> CallPaths {
        CallPaths {
            all: vec![
                path(None, 0, 5, 1),
                path(None, 0, 6, 0),
                path(Some(0), 1, 8, 10),
                path(Some(2), 1, 8, 100),
                path(Some(3), 1, 9, 1000),
                path(Some(1), 1, 8, 10_000),
            ],
            outside: Held { at_peak: 7, ..Held::default() },
            unattributed: Held::default(),
        }
    }

    #[test]
    fn own_lines_add_up_to_the_process() {
        let (paths, lines) = (paths(), paths().by_line());
        let shown: Vec<_> = lines.iter().map(|it| (it.function, it.line, it.own.at_peak)).collect();
        assert_eq!(shown, [(0, 5, 1), (1, 8, 10_110), (1, 9, 1000)]);
        let sum: u64 = lines.iter().map(|it| it.own.at_peak).sum();
        assert_eq!(sum + paths.outside.at_peak, paths.total().at_peak);
    }

    #[test]
    fn a_path_holds_what_it_leads_to() {
        let sums = paths().with_callees();
        let bytes: Vec<_> = sums.iter().map(|held| held.at_peak).collect();
        assert_eq!(bytes, [1111, 10_000, 1110, 1100, 1000, 10_000]);
        assert_eq!(paths().callees().last().unwrap(), &[0, 1]);
    }

    #[test]
    fn a_recursive_call_counts_each_block_once() {
        let calls = paths().calls();
        let shown: Vec<_> = calls
            .iter()
            .map(|call| (call.caller, call.line, call.callee, call.below.at_peak))
            .collect();
        assert_eq!(shown, [(0, 5, 1, 1110), (0, 6, 1, 10_000), (1, 8, 1, 1100)]);
    }
}
