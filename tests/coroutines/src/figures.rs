//! The profiler's figures of a function.

use mem_profile::{FunctionSnapshot, LineSnapshot};

/// The figures of a function so far.
pub(crate) struct Figures(FunctionSnapshot);

/// The figures of the function of this name, which was called.
pub(crate) fn figures(name: &str) -> Figures {
    let suffix = format!("::{name}");
    let functions = mem_profile::snapshot().functions;
    let found = functions.into_iter().find(|function| function.name.ends_with(&suffix));
    Figures(found.unwrap_or_else(|| panic!("no function {name}")))
}

/// Each byte of the process is on one line or outside of all, where live blocks are recorded.
pub(crate) fn check_held() {
    let snapshot = mem_profile::snapshot();
    if let Some(paths) = &snapshot.paths {
        assert_eq!(Some(paths.total().live), snapshot.process_bytes);
    }
    let is_requested = std::env::var_os("MEM_PROFILE_LIVE").is_some();
    assert_eq!(snapshot.paths.is_some(), is_requested);
}

impl Figures {
    pub(crate) fn calls(&self) -> u64 {
        self.0.calls
    }

    /// Whether it is marked as measured in part.
    pub(crate) fn is_in_part(&self) -> bool {
        let note = self.0.note.as_deref();
        assert!(note.is_none_or(|note| note == "measured in part: it ran on a coroutine"));
        note.is_some()
    }

    fn body(&self) -> &[LineSnapshot] {
        &self.0.lines[1..]
    }

    /// The sum of all lines.
    pub(crate) fn increment(&self) -> i64 {
        self.body().iter().filter_map(|line| line.increment).sum()
    }

    /// Increment, allocations and occurrences of the line that contains this text.
    pub(crate) fn line(&self, text: &str) -> (i64, u64, u64) {
        let line = self.body().iter().find(|line| line.source.contains(text));
        let line = line.unwrap_or_else(|| panic!("no line with {text:?}"));
        let zero = |figure: Option<u64>| figure.unwrap_or(0);
        (line.increment.unwrap_or(0), zero(line.allocations), zero(line.occurrences))
    }

    /// The peak of that line.
    pub(crate) fn peak(&self, text: &str) -> u64 {
        let line = self.body().iter().find(|line| line.source.contains(text));
        line.and_then(|line| line.peak).unwrap_or(0)
    }
}
