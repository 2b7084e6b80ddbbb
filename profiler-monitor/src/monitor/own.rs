//! The figures of this process.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use mem_profile_runtime::internal::{self, Quiet};

use crate::metrics::{LINES, Metrics};
use crate::monitor::counts;
use crate::monitor::lines::lines;
use crate::process::Reader;

/// This process.
#[derive(Debug)]
pub(super) struct OwnProcess {
    /// Its memory is not counted, so it also ends so.
    reader: Mutex<Option<Reader>>,
    is_counted: bool,
    started_at: Option<Duration>,
}

/// The figures of this process, for the server of a service: `metrics()?.text(MetricsFormat::Text)`.
///
/// It takes about 6 ms for a resident set of 220 MiB, and longer where the tracer has many stacks. The first time, names
/// are looked up.
///
/// # Errors
/// The error of the system, where it does not say how much memory the process has.
pub fn metrics() -> std::io::Result<Metrics> {
    for_caller(|| OwnProcess::new().read())
}

/// Reads without being counted, and returns a copy that belongs to the caller and counts.
fn for_caller(read: impl FnOnce() -> std::io::Result<Metrics>) -> std::io::Result<Metrics> {
    let metrics = {
        let _quiet = Quiet::enter();
        read()
    };
    let copy = metrics.as_ref().map(Metrics::clone).map_err(|error| error.kind().into());
    let _quiet = Quiet::enter();
    drop(metrics);
    copy
}

impl OwnProcess {
    pub(super) fn new() -> Self {
        let _quiet = Quiet::enter();
        let is_counted = internal::allocations_are_counted();
        let reader = Reader::of_self();
        let started_at = reader.started_at();
        Self { reader: Mutex::new(Some(reader)), is_counted, started_at }
    }

    fn read(&self) -> std::io::Result<Metrics> {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let sample = reader.get_or_insert_with(Reader::of_self).read(Duration::ZERO)?;
        let mut metrics = Metrics::new(&sample);
        drop(reader);
        metrics.started_at = self.started_at;
        metrics.live = self.is_counted.then(internal::live_bytes);
        metrics.allocated = self.is_counted.then(internal::allocated);
        (metrics.warnings, metrics.criticals) = counts::events();
        if let Some(lines) = lines() {
            metrics = metrics.with_lines(&lines, LINES);
        }
        if let Ok(account) = mem_profile_runtime::account() {
            metrics = metrics.with_account(&account);
        }
        Ok(metrics)
    }
}

impl Drop for OwnProcess {
    fn drop(&mut self) {
        let _quiet = Quiet::enter();
        drop(self.reader.get_mut().unwrap_or_else(PoisonError::into_inner).take());
    }
}

#[cfg(feature = "http")]
mod source {
    use mem_profile_trace::{self as trace, By, Measure, PprofFrames, Snapshot};

    use super::{Metrics, OwnProcess, for_caller};
    use crate::http::{Heap, ProfileKind, Source};

    const NOT_TRACED: &str = "heap profiles need the tracer: set MEM_PROFILE_TRACE=sample, or have the program call mem_profile::trace::start";

    impl Source for OwnProcess {
        type Heap = Snapshot;

        fn metrics(&self) -> Result<Metrics, String> {
            for_caller(|| self.read()).map_err(|error| error.to_string())
        }

        fn heap(&self) -> Result<Snapshot, String> {
            match trace::is_tracing() {
                true => Ok(trace::snapshot()),
                false => Err(NOT_TRACED.to_owned()),
            }
        }
    }

    /// Lines of a profile as text.
    const LINES: usize = 100;

    impl Heap for Snapshot {
        fn pprof(&self, since: Option<&Self>, kind: ProfileKind, has_names: bool) -> Vec<u8> {
            let shown = match kind {
                ProfileKind::Heap => Measure::Live,
                ProfileKind::Allocs => Measure::Allocated,
            };
            let frames = match has_names {
                true => PprofFrames::WithoutStandard,
                false => PprofFrames::Addresses,
            };
            match since {
                Some(older) => self.since(older).to_pprof_of(shown, frames),
                None => self.to_pprof_of(shown, frames),
            }
        }

        fn text(&self, since: Option<&Self>) -> String {
            let Some(older) = since else { return self.to_text(LINES) };
            let changes = self.compare_to(older, By::Line, false);
            let changes = changes.iter().filter(|it| it.has_changed()).take(LINES);
            changes.map(|change| format!("{change}\n")).collect()
        }
    }
}
