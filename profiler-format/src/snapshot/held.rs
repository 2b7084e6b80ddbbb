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
pub struct Path {
    /// The path of the calling line, as an index into [`Paths::all`], lower than its own; `None` for an outermost
    /// line.
    pub caller: Option<usize>,
    /// The function, as an index into [`super::Snapshot::functions`].
    pub function: usize,
    /// The line, counted from 1.
    pub line: u32,
    /// Whether calls between the caller and this line are left out, because they recurred.
    pub is_recursive: bool,
    /// The blocks that the line itself allocated on this path.
    pub own: Held,
}

/// All blocks of the process by the innermost line that had allocated them. No block is counted twice: the sum
/// over all paths, `outside` and `unattributed` is the memory of the whole process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "report", derive(miniserde::Serialize))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Paths {
    /// Callers come before the paths that they lead to.
    pub all: Vec<Path>,
    /// Allocated outside of measured functions.
    pub outside: Held,
    /// Allocated after the table of paths was full.
    pub unattributed: Held,
}

impl Held {
    /// Adds other blocks.
    pub fn add(&mut self, other: &Self) {
        self.at_peak += other.at_peak;
        self.at_peak_blocks += other.at_peak_blocks;
        self.live += other.live;
        self.live_blocks += other.live_blocks;
        self.allocated += other.allocated;
        self.allocations += other.allocations;
    }
}

impl Paths {
    /// The sum of all that is held, by whatever line.
    #[must_use]
    pub fn total(&self) -> Held {
        let mut total = self.outside;
        total.add(&self.unattributed);
        self.all.iter().for_each(|path| total.add(&path.own));
        total
    }

    /// Follows functions to new places: `order[new]` is the old one.
    pub(super) fn renumber_functions(&mut self, order: &[usize]) {
        let mut new = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, &old)| new[old] = place);
        for path in &mut self.all {
            path.function = new.get(path.function).copied().unwrap_or(path.function);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Backend, FunctionSnapshot, SCHEMA_VERSION, Snapshot};
    use super::*;

    #[test]
    fn paths_follow_their_functions_when_these_are_sorted() {
        let function = |name: &str| FunctionSnapshot { name: name.into(), ..Default::default() };
        let path = |function, at_peak| Path {
            caller: None,
            function,
            line: 1,
            is_recursive: false,
            own: Held { at_peak, live: 1, ..Held::default() },
        };
        let all = vec![path(0, 30), path(1, 10), path(2, 20)];
        let outside = Held { at_peak: 4, ..Held::default() };
        let mut snapshot = Snapshot {
            schema_version: SCHEMA_VERSION,
            backend: Backend::Heap,
            process_bytes: None,
            peak: None,
            resident_peak: None,
            functions: vec![function("c"), function("a"), function("b")],
            paths: Some(Paths { all, outside, ..Paths::default() }),
            notes: vec![],
            timeline: None,
        };
        snapshot.sort();
        let paths = snapshot.paths.as_ref().unwrap();
        let names = |path: &Path| snapshot.functions[path.function].name.clone();
        assert_eq!(paths.all.iter().map(names).collect::<String>(), "cab");
        assert_eq!((paths.total().at_peak, paths.total().live), (64, 3));
    }
}
