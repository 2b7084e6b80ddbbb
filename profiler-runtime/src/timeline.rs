//! Memory over time: what a program may call.

use std::io;
use std::time::Duration;

use mem_profile_format::Backend;

use crate::control;
use crate::record::alloc::quiet::Quiet;
use crate::record::function::registry;
use crate::record::timeline::open_spans::{self, OpenBlock};
use crate::record::timeline::timeline;
use crate::session;

/// Names the block from here to where the result is dropped in the [timeline] of the run.
///
/// It is a span of the thread that it begins on. Held across an `await`, it stays around the calls of its
/// task, on whatever thread that goes on. The guard may be dropped on any thread: the span ends there and
/// then. If a name runs thousands of times, some runs are left out, and those are no level in the chart
/// either. Without a timeline it does nothing.
///
/// ```
/// let numbers = {
///     let _reading = mem_profile_runtime::timestamp("read the numbers");
///     (0..1000).collect::<Vec<u64>>()
/// };
/// # assert_eq!(numbers.len(), 1000);
/// ```
///
/// [timeline]: crate::Timeline
pub fn timestamp(name: &'static str) -> Timestamp {
    control::start();
    Timestamp { _block: OpenBlock::begin(name) }
}

/// A block that [`timestamp`] has named, until this is dropped.
#[derive(Debug)]
#[must_use = "the block ends where this is dropped"]
pub struct Timestamp {
    _block: OpenBlock,
}

/// Records memory over time, from now on until the process ends: a sample of what is in use in each
/// `interval` of at least 1 ms, and the calls of annotated functions.
///
/// The same as `MEM_PROFILE_TIMELINE` and `MEM_PROFILE_INTERVAL`, for programs that decide it
/// themselves. These variables take precedence. A thread of the profiler takes the samples.
///
/// # Errors
/// When annotated functions have run while there is more than one thread: call it first thing in
/// `main`.
pub fn record_timeline(interval: Duration) -> io::Result<()> {
    control::start_session(None, Some(interval));
    let backend = control::backend();
    let _quiet = Quiet::enter();
    let is_refused = session::options().timeline == Some(false);
    if timeline::is_on() || is_refused || backend == Backend::Off {
        return Ok(());
    }
    let is_alone = session::recorder::is_alone();
    if registry::any() && !is_alone {
        return Err(io::Error::other(
            "a timeline begins before annotated functions run on several threads: call \
             `record_timeline` first thing in `main`",
        ));
    }
    session::record_timeline(backend, Some(interval));
    if is_alone {
        open_spans::catch_up();
    }
    Ok(())
}
