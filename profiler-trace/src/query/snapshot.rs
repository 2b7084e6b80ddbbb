//! A snapshot: what was traced up to one moment.

use std::collections::HashMap;
use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use crate::data::{Data, Reach, Trace};
use crate::names::symbols::Symbols;
use mem_profile_names::{Frame, Origin};
use mem_profile_runtime::internal::Quiet;

/// Everything traced up to one moment.
///
/// Its memory is the tracer's: neither the tracer nor the line profiler counts it. What its
/// methods return is yours.
#[derive(Debug)]
pub struct Snapshot {
    content: ManuallyDrop<Content>,
}

/// The data that a snapshot owns.
#[derive(Clone, Debug, Default)]
struct Content {
    data: Data,
    /// Unstripped files, by build id.
    files: HashMap<String, PathBuf>,
    /// Whether it is of this process.
    is_running: bool,
    lists_start_up: bool,
    /// From the older snapshot on, where this is what has changed since.
    duration: Duration,
    symbols: OnceLock<Symbols>,
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        let _quiet = Quiet::enter();
        // SAFETY: dropped once, here.
        unsafe { ManuallyDrop::drop(&mut self.content) };
    }
}

impl Clone for Snapshot {
    fn clone(&self) -> Self {
        let _quiet = Quiet::enter();
        Self { content: self.content.clone() }
    }
}

/// The frames of a trace, the innermost first, without the profiler's own; as many as are wanted.
pub(crate) fn shown<'a>(
    data: &Data,
    symbols: &'a Symbols,
    trace: &'a Trace,
) -> impl Iterator<Item = &'a Frame> {
    let frames = trace.frames.iter().flat_map(|&address| symbols.of(address));
    let wanted = usize::try_from(data.frames).unwrap_or(usize::MAX);
    frames.filter(|frame| frame.origin != Origin::Profiler).take(wanted)
}

impl Snapshot {
    pub(crate) fn of(data: Data) -> Self {
        Self { content: ManuallyDrop::new(Content { data, ..Content::default() }) }
    }

    /// Of the process that runs, whose system may be asked for names.
    pub(crate) fn of_this_process(data: Data) -> Self {
        let content = Content { data, is_running: true, ..Content::default() };
        Self { content: ManuallyDrop::new(content) }
    }

    /// The same of the traces that are `wanted`.
    pub(crate) fn retain(&self, wanted: impl Fn(&Trace) -> bool) -> Self {
        self.with_traces(|trace| wanted(trace).then(|| trace.clone()))
    }

    /// The same with other traces, of the same addresses and threads.
    pub(crate) fn with_traces(&self, change: impl Fn(&Trace) -> Option<Trace>) -> Self {
        let mut content = (*self.content).clone();
        content.data.traces = self.data().traces.iter().filter_map(change).collect();
        Self { content: ManuallyDrop::new(content) }
    }

    /// The same as what has changed in this time.
    pub(crate) fn with_duration(mut self, duration: Duration) -> Self {
        self.content.duration = duration;
        self
    }

    /// The time in which this has changed, as [`Self::since`] has it; zero for figures from the start on.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.content.duration
    }

    /// Takes the names of the module with this build id from the file at `path`.
    pub(crate) fn add_symbols(&mut self, build_id: String, path: PathBuf) {
        self.content.files.insert(build_id, path);
        self.content.symbols = OnceLock::new();
    }

    /// Has [`Self::to_text`] also list what the standard library holds since before `main`. Everything
    /// else counts that anyway.
    #[must_use]
    pub fn with_start_up(mut self) -> Self {
        self.content.lists_start_up = true;
        self
    }

    pub(crate) fn lists_start_up(&self) -> bool {
        self.content.lists_start_up
    }

    pub(crate) fn data(&self) -> &Data {
        &self.content.data
    }

    /// Names, looked up when they are first asked for.
    pub(crate) fn symbols(&self) -> &Symbols {
        let content = &self.content;
        content.symbols.get_or_init(|| {
            let _quiet = Quiet::enter();
            Symbols::resolve(&content.data, &content.files, content.is_running)
        })
    }

    #[cfg(all(test, feature = "pprof"))]
    pub(crate) fn with_names(mut self, symbols: Symbols) -> Self {
        self.content.symbols = symbols.into();
        self
    }

    #[cfg(all(test, feature = "pprof"))]
    pub(crate) fn has_names(&self) -> bool {
        self.content.symbols.get().is_some()
    }

    /// The frames of a trace that are shown, the innermost first.
    pub(crate) fn shown<'a>(&'a self, trace: &'a Trace) -> impl Iterator<Item = &'a Frame> {
        shown(self.data(), self.symbols(), trace)
    }

    /// Bytes alive and the most that were at one time, of all traced blocks.
    #[must_use]
    pub fn traced_memory(&self) -> (u64, u64) {
        (self.data().live_bytes, self.data().peak_bytes)
    }

    /// When it was taken, since 1970.
    #[must_use]
    pub fn taken_at(&self) -> Duration {
        Duration::from_nanos(self.data().taken_at)
    }

    /// The share of all allocated bytes whose stack is not known because the tables were full,
    /// from 0 to 1. Reports say it where it is not zero.
    #[must_use]
    pub fn truncated_share(&self) -> f64 {
        self.share_of(|trace| trace.reach == Reach::Truncated)
    }

    pub(crate) fn share_of(&self, wanted: impl Fn(&Trace) -> bool) -> f64 {
        let traces = || self.data().traces.iter();
        let bytes = |trace: &Trace| trace.allocated_bytes as f64;
        let all: f64 = traces().map(bytes).sum();
        let part: f64 = traces().filter(|trace| wanted(trace)).map(bytes).sum();
        if all > 0.0 { part / all } else { 0.0 }
    }
}
