//! A snapshot: what was traced up to one moment, and the questions it answers.

use std::collections::HashMap;
use std::io;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use crate::record::alloc::quiet::Quiet;
use crate::session;
use crate::trace::capture::{collect, control};
use crate::trace::data::{Data, Head, Reach, Trace, VERSION};
use crate::trace::names::build_id;
use crate::trace::names::stack_frame::{Frame, Origin};
use crate::trace::names::symbols::Symbols;
use crate::trace::query::filter::Filter;
use crate::trace::query::statistic::{By, Statistic};
use crate::trace::query::{group, notes};
use crate::trace::tables::shadow;

/// Everything traced up to one moment.
///
/// Its memory is the tracer's: neither the tracer nor the line profiler counts it. What its
/// methods return is yours.
#[derive(Debug)]
pub struct Snapshot {
    content: ManuallyDrop<Content>,
}

/// What a snapshot owns.
#[derive(Clone, Debug, Default)]
pub(crate) struct Content {
    pub(crate) data: Data,
    /// Unstripped files, by build id.
    files: HashMap<String, PathBuf>,
    /// Whether it is of this process.
    is_running: bool,
    lists_start_up: bool,
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

/// What was traced so far.
///
/// Exact for the calling thread and for threads at rest; others are read while they run.
#[must_use]
pub fn snapshot() -> Snapshot {
    let _quiet = Quiet::enter();
    let _control = control::lock();
    Snapshot::now()
}

/// The stack that the live block at `block` comes from, the innermost frame first; `None` where
/// it is not traced.
#[must_use]
pub fn traceback_of<T: ?Sized>(block: *const T) -> Option<Vec<Frame>> {
    let site = shadow::get(block.addr());
    if site == 0 {
        return None;
    }
    let found = {
        let _quiet = Quiet::enter();
        let data = collect::one(site, control::frames());
        let symbols = Symbols::resolve(&data, &HashMap::new(), true);
        data.traces.first().map(|trace| shown(&data, &symbols, trace).cloned().collect())
    };
    theirs(found)
}

/// A copy that belongs to the caller of what was made quietly.
pub(crate) fn theirs<T: Clone>(ours: T) -> T {
    let copy = ours.clone();
    let _quiet = Quiet::enter();
    drop(ours);
    copy
}

/// The frames of a trace, the innermost first, without the profiler's own; as many as are wanted.
fn shown<'a>(
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

    /// To be called with the control of the tracer.
    pub(crate) fn now() -> Self {
        let mut snapshot = Self::of(collect::collect(control::frames()));
        snapshot.content.is_running = true;
        snapshot
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

    /// The frames of a trace that are shown, the innermost first.
    pub(crate) fn shown<'a>(&'a self, trace: &'a Trace) -> impl Iterator<Item = &'a Frame> {
        shown(self.data(), self.symbols(), trace)
    }

    /// What is alive, grouped; the largest first.
    #[must_use]
    pub fn statistics(&self, by: By) -> Vec<Statistic> {
        let ours = {
            let _quiet = Quiet::enter();
            group::statistics(self, by, false)
        };
        theirs(ours)
    }

    /// The same, where a trace counts for every place that its stack passes, once: what a function
    /// and all that it calls hold.
    #[must_use]
    pub fn statistics_cumulative(&self, by: By) -> Vec<Statistic> {
        let ours = {
            let _quiet = Quiet::enter();
            group::statistics(self, by, true)
        };
        theirs(ours)
    }

    /// What has changed since `older`; the largest change first.
    #[must_use]
    pub fn compare_to(&self, older: &Self, by: By, cumulative: bool) -> Vec<Statistic> {
        let ours = {
            let _quiet = Quiet::enter();
            let new = group::statistics(self, by, cumulative);
            group::compare(new, group::statistics(older, by, cumulative))
        };
        theirs(ours)
    }

    /// The part that the filter lets through.
    #[must_use]
    pub fn filter(&self, filter: &Filter) -> Self {
        let _quiet = Quiet::enter();
        let symbols = self.symbols();
        let mut content = (*self.content).clone();
        let threads = &self.data().threads;
        content.data.traces.retain(|trace| filter.lets_through(trace, symbols, threads));
        Self { content: ManuallyDrop::new(content) }
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

    /// What a reader should know of the figures, one line each: that they are a sample, that
    /// tables were full, which setting of cargo brings names.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let ours = {
            let _quiet = Quiet::enter();
            notes::notes(self)
        };
        theirs(ours)
    }

    /// Writes it to a file, which [`Snapshot::load`] reads when the program is gone.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let _quiet = Quiet::enter();
        let text = miniserde::json::to_string(self.data());
        session::output::write(path.as_ref(), text.as_bytes())
    }

    /// Reads what [`Snapshot::save`] wrote. Names are looked up in the program's file as it was
    /// then; [`Snapshot::with_symbols`] gives another.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged, or was written by another version
    /// (`InvalidData`).
    pub fn load(path: impl AsRef<Path>) -> io::Result<Self> {
        let _quiet = Quiet::enter();
        let text = std::fs::read_to_string(path)?;
        let invalid = |reason: String| io::Error::new(io::ErrorKind::InvalidData, reason);
        let unknown = |_| invalid("not a snapshot, or damaged".to_owned());
        // First, because other versions have other fields.
        let Head { mem_profile_trace_version: version } =
            miniserde::json::from_str(&text).map_err(unknown)?;
        if version != VERSION {
            return Err(invalid(format!(
                "a snapshot of version {version}, but this reads version {VERSION}: read it with \
                 the mem-profile that saved it, or take it again"
            )));
        }
        let data: Data = miniserde::json::from_str(&text).map_err(unknown)?;
        match data.fault() {
            Some(fault) => Err(invalid(format!("a damaged snapshot: {fault}"))),
            None => Ok(Self::of(data)),
        }
    }

    /// Takes names from this file where its build id is that of the program or of one of its
    /// libraries: the unstripped one, if the program was stripped.
    ///
    /// # Errors
    /// When the file cannot be read, is no program, or has no build id (`InvalidData`), or one
    /// that nothing in the snapshot has (`NotFound`).
    pub fn with_symbols(&mut self, path: impl AsRef<Path>) -> io::Result<()> {
        let _quiet = Quiet::enter();
        let path = path.as_ref();
        let id = build_id::of_file(path)?;
        if !self.data().modules.iter().any(|module| module.build_id == id) {
            let reason = format!("nothing in the snapshot has the build id {id}");
            return Err(io::Error::new(io::ErrorKind::NotFound, reason));
        }
        self.content.files.insert(id, path.to_owned());
        self.content.symbols = OnceLock::new();
        Ok(())
    }
}

/// The changes by line since `older`, at most `count`, the largest first.
///
/// ```
/// # use mem_profile_runtime::trace;
/// # #[global_allocator]
/// # static ALLOC: mem_profile_runtime::Alloc = mem_profile_runtime::Alloc::new();
/// # fn work() {}
/// trace::start(trace::Config::exact())?;
/// let before = trace::snapshot();
/// work();
/// for statistic in trace::top(&before, 5) {
///     println!("{statistic}");
/// }
/// # Ok::<(), trace::StartError>(())
/// ```
#[must_use]
pub fn top(older: &Snapshot, count: usize) -> Vec<Statistic> {
    let mut all = snapshot().compare_to(older, By::Line, false);
    all.retain(Statistic::has_changed);
    all.truncate(count);
    all
}
