//! The process's memory by the lines that hold it.

/// The moment at which the most memory was in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "report", derive(miniserde::Serialize))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ProcessPeak {
    /// Bytes in use by the whole process.
    pub bytes: u64,
    /// Nanoseconds since the recording began; `None` where not known.
    pub after: Option<u64>,
    /// By how many bytes the true peak may differ; 0 with one thread.
    pub uncertainty: u64,
}

impl ProcessPeak {
    /// Ticks of the clock of [`Self::after`] are not longer, in nanoseconds.
    pub const TICK: u64 = 10_000_000;

    /// The time of the peak, unless the clock had hardly ticked.
    #[must_use]
    pub fn time(&self) -> Option<u64> {
        self.after.filter(|after| *after >= Self::TICK)
    }
}

/// Memory that belongs to one line, or to one path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "report", derive(miniserde::Serialize))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Held {
    /// Bytes live at the process's peak.
    pub at_peak: u64,
    /// Blocks live at the process's peak.
    pub at_peak_blocks: u64,
    /// Bytes live now.
    pub live: u64,
    /// Blocks live now.
    pub live_blocks: u64,
    /// Bytes requested so far, also by reallocations that grow.
    pub allocated: u64,
    /// Blocks requested so far.
    pub allocations: u64,
}

/// A line of an annotated function, and the lines that have called it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "report", derive(miniserde::Serialize))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CallPath {
    /// The path of the calling line, as an index into [`CallPaths::all`], lower than its own; `None` for an outermost
    /// line.
    pub caller: Option<usize>,
    /// The function, as an index into [`super::Snapshot::functions`].
    pub function: usize,
    /// The line, counted from 1.
    pub line: u32,
    /// Whether calls of other functions between the caller and this line are left out, because the function
    /// recurred. Lines of the function itself that have called its closures, or it, are always left out.
    pub is_recursive: bool,
    /// The blocks that the line itself allocated on this path.
    pub own: Held,
}

/// All blocks of the process by the innermost line that had allocated them. No block is counted twice: the sum
/// over all paths, `outside` and `unattributed` is the memory of the whole process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "report", derive(miniserde::Serialize))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CallPaths {
    /// Callers come before the paths that they lead to.
    pub all: Vec<CallPath>,
    /// Allocated outside of measured functions.
    pub outside: Held,
    /// Allocated on a line that is not known: after the table of paths was full or, where only the tracer
    /// knows the blocks, where debug information has no line.
    pub unattributed: Held,
}

impl Held {
    /// Adds other blocks. A sum beyond 64 bits, of a damaged recording, stays at the highest number.
    pub fn add(&mut self, other: &Self) {
        let add = |figure: &mut u64, more: u64| *figure = figure.saturating_add(more);
        add(&mut self.at_peak, other.at_peak);
        add(&mut self.at_peak_blocks, other.at_peak_blocks);
        add(&mut self.live, other.live);
        add(&mut self.live_blocks, other.live_blocks);
        add(&mut self.allocated, other.allocated);
        add(&mut self.allocations, other.allocations);
    }

    /// Whether no figure is the highest number, which a sum beyond 64 bits has.
    fn is_exact(&self) -> bool {
        let Self { at_peak, at_peak_blocks, live, live_blocks, allocated, allocations } = *self;
        let figures = [at_peak, at_peak_blocks, live, live_blocks, allocated, allocations];
        figures.into_iter().all(|figure| figure < u64::MAX)
    }
}

impl CallPaths {
    /// The sum of all that is held, by whatever line.
    #[must_use]
    pub fn total(&self) -> Held {
        let mut total = self.outside;
        total.add(&self.unattributed);
        self.all.iter().for_each(|path| total.add(&path.own));
        total
    }

    /// Whether views may use the paths of a snapshot with this many functions: callers come first, functions
    /// exist, and the sums fit in 64 bits. Those of a damaged recording may not be so.
    #[must_use]
    pub fn are_sound(&self, functions: usize) -> bool {
        let mut paths = self.all.iter().enumerate();
        let is_sound = |(at, path): (usize, &CallPath)| {
            path.function < functions && path.caller.is_none_or(|caller| caller < at)
        };
        paths.all(is_sound) && self.total().is_exact()
    }

    /// Follows functions to new places: `order[new]` is the old one. A function that is gone belongs to the
    /// outside, with the blocks of its lines.
    pub(super) fn renumber_functions(&mut self, order: &[usize], count: usize) {
        let mut new = vec![None; count];
        order.iter().enumerate().for_each(|(place, &old)| new[old] = Some(place));
        // Where each path is now, or its nearest caller that is left.
        let mut places: Vec<Option<usize>> = Vec::with_capacity(self.all.len());
        let mut left = Vec::with_capacity(self.all.len());
        for path in &self.all {
            let caller = path.caller.and_then(|caller| places.get(caller).copied().flatten());
            match new.get(path.function).copied().flatten() {
                Some(function) => {
                    places.push(Some(left.len()));
                    left.push(CallPath { caller, function, ..*path });
                }
                None => {
                    places.push(caller);
                    self.outside.add(&path.own);
                }
            }
        }
        self.all = left;
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Backend, FunctionSnapshot, Snapshot};
    use super::*;

    fn path(caller: Option<usize>, function: usize, at_peak: u64) -> CallPath {
        let own = Held { at_peak, live: 1, ..Held::default() };
        CallPath { caller, function, line: 1, is_recursive: false, own }
    }

    /// `c` calls `a`, which calls `b`.
    fn snapshot() -> Snapshot {
        let function = |name: &str| FunctionSnapshot { name: name.into(), ..Default::default() };
        let all = vec![path(None, 0, 30), path(Some(0), 1, 10), path(Some(1), 2, 20)];
        let outside = Held { at_peak: 4, ..Held::default() };
        Snapshot {
            functions: vec![function("c"), function("a"), function("b")],
            paths: Some(CallPaths { all, outside, ..CallPaths::default() }),
            ..Snapshot::empty(Backend::Heap)
        }
    }

    /// The caller, function and bytes of each path.
    fn shown(snapshot: &Snapshot) -> Vec<(Option<usize>, &str, u64)> {
        let paths = snapshot.paths.as_ref().unwrap().all.iter();
        let name = |path: &CallPath| &*snapshot.functions[path.function].name;
        paths.map(|path| (path.caller, name(path), path.own.at_peak)).collect()
    }

    #[test]
    fn paths_follow_their_functions_when_these_are_sorted() {
        let mut snapshot = snapshot();
        let expected = [(None, "c", 30), (Some(0), "a", 10), (Some(1), "b", 20)];
        snapshot.sort();
        assert_eq!(shown(&snapshot), expected);
        snapshot.choose_functions(&[2, 1, 0]);
        assert_eq!(snapshot.functions[0].name, "c");
        assert_eq!(shown(&snapshot), expected);
        let total = snapshot.paths.as_ref().unwrap().total();
        assert_eq!((total.at_peak, total.live), (64, 3));
    }

    #[test]
    fn what_functions_that_are_left_out_hold_is_outside_of_the_others() {
        let mut snapshot = snapshot();
        snapshot.choose_functions(&[0, 2]);
        assert_eq!(shown(&snapshot), [(None, "c", 30), (Some(0), "b", 20)]);
        let paths = snapshot.paths.as_ref().unwrap();
        assert_eq!((paths.outside.at_peak, paths.total().at_peak), (14, 64));
    }

    #[test]
    fn paths_that_lead_nowhere_are_not_sound() {
        let sound = snapshot().paths.unwrap();
        assert!(sound.are_sound(3) && !sound.are_sound(2));
        let with = |change: fn(&mut CallPaths)| {
            let mut paths = sound.clone();
            change(&mut paths);
            paths.are_sound(3)
        };
        assert!(!with(|paths| paths.all[1].caller = Some(1)));
        assert!(with(|paths| paths.all[1].own.live = u64::MAX - 3));
        assert!(!with(|paths| paths.all[1].own.live = u64::MAX - 2));
    }
}
