//! One run of a program: what the environment asks for, and how it ends.

pub(crate) mod exit;
mod ignored;
mod options;
pub(crate) mod output;
pub(crate) mod recorder;
pub(crate) mod sampler;
#[cfg(feature = "signals")]
pub(crate) mod signals;
#[cfg(all(test, unix))]
mod tests;
pub(crate) mod values;
mod warning;

use mem_profile_format::report::Format;
use mem_profile_format::{Backend, Snapshot};

pub(crate) use self::options::{Options, options};
pub(crate) use self::values::{Live, Output};
pub use self::warning::warn;

use std::env;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use crate::record::timeline::timeline::Timeline;

/// Whether the recording that the environment asks for could not be made.
static UNRECORDED: AtomicBool = AtomicBool::new(false);

/// Whether the run is to be recorded with memory over time or live blocks, which begin with the program and
/// not with the first annotated function. Asked before `main`.
pub(crate) fn begins_before_main() -> bool {
    let is_recorded = || {
        env::var("MEM_PROFILE_OUTPUT").is_ok_and(|path| values::is_recording(&path))
            || is_set("MEM_PROFILE_RECORDING")
    };
    // Options stay in memory, so they are not read unless somebody asks for this.
    let is_timed = || is_set("MEM_PROFILE_TIMELINE") && options().timeline == Some(true);
    is_recorded() && (is_timed() || wants_live_blocks())
}

/// Whether live blocks are to be recorded, as far as it depends on the environment.
pub(crate) fn wants_live_blocks() -> bool {
    is_set("MEM_PROFILE_LIVE") && {
        let options = options();
        let is_heap = options.enabled && options.backend != Some(Backend::Rss);
        is_heap && options.live != Live::Off
    }
}

/// Warns before `main` of what the environment asks for and this program lacks, where that would work without annotated
/// functions, of which none may ever be called.
pub(crate) fn warn_of_what_is_missing() {
    let features = [
        ("MEM_PROFILE_TRACE", cfg!(feature = "watch")),
        ("MEM_PROFILE_GRAPH", cfg!(feature = "graph")),
        ("MEM_PROFILE_MONITOR", cfg!(feature = "monitor")),
        ("MEM_PROFILE_FLIGHT", cfg!(feature = "monitor")),
    ];
    if features.iter().any(|&(name, is_there)| !is_there && is_set(name)) {
        // Reading them warns.
        options();
    }
}

fn is_set(name: &str) -> bool {
    env::var(name).is_ok_and(|value| !value.is_empty())
}

/// Renders the snapshot in every format asked for and writes it where it shall go.
///
/// A target that cannot be written costs one line on standard error and nothing else.
pub(crate) fn emit(snapshot: &Snapshot) {
    output::emit(snapshot, options(), formats());
}

/// The formats of reports; empty for no report.
pub(crate) fn formats() -> &'static [Format] {
    let formats = &options().formats;
    if formats.is_empty() && UNRECORDED.load(Relaxed) { &[Format::Table] } else { formats }
}

/// Warns at the end of the run of settings that had no effect.
pub(crate) fn warn_of_what_had_no_effect(nothing_matched: bool) {
    let options = options();
    let is_timed = matches!(TIMELINE.get(), Some(Some(_)));
    if nothing_matched {
        warn("mem-profile: MEM_PROFILE_FILTER matches none of the functions that were called");
    }
    if options.interval.is_some() && options.timeline.is_none() && !is_timed {
        warn("mem-profile: MEM_PROFILE_INTERVAL has no effect without MEM_PROFILE_TIMELINE=on");
    }
}

/// Records the run, if the environment asks for it. Where that cannot be, the report comes on
/// standard error, as if it did not.
pub(crate) fn record(backend: Backend) {
    let Output::Recording(pattern) = &options().output else {
        // Nobody asked for this one by name, so nobody waits for a word about it.
        return options()
            .recording
            .iter()
            .for_each(|path| recorder::begin_for_command(path, backend));
    };
    if let Err(error) = recorder::begin(Path::new(pattern), backend) {
        warn(&format!("mem-profile: cannot record to {}: {error}", pattern.escape_debug()));
        UNRECORDED.store(true, Relaxed);
    }
}

/// The timeline that the run records.
static TIMELINE: OnceLock<Option<&Timeline>> = OnceLock::new();

/// Records memory over time, if the environment asks for it, or `wanted` does and the environment
/// says nothing else.
pub(crate) fn record_timeline(backend: Backend, wanted: Option<Duration>) {
    let Options { timeline, interval, .. } = options();
    if backend == Backend::Off || !timeline.unwrap_or(wanted.is_some()) {
        return;
    }
    let interval = interval.or(wanted).unwrap_or(sampler::INTERVAL).max(values::SHORTEST);
    let begin = || Timeline::begin(sampler::nanoseconds(interval));
    if let Some(timeline) = TIMELINE.get_or_init(begin) {
        sampler::start(backend, timeline, interval);
    }
}

/// Goes on with what is recorded of memory over time: in a forked child no thread takes samples.
pub(crate) fn resume_timeline(backend: Backend) {
    if let Some(Some(timeline)) = TIMELINE.get() {
        let interval = u64::try_from(timeline.interval()).unwrap_or(0);
        sampler::start(backend, timeline, Duration::from_nanos(interval));
    }
}
