//! The functions that a program may call, and the start of the session by the first annotated one.

use std::alloc::Layout;
use std::cell::Cell;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Once, OnceLock};
use std::time::Duration;

use mem_profile_format::{Backend, Snapshot};

#[cfg(feature = "account")]
use crate::account::read;
use crate::collect;
use crate::record::alloc::allocator::PADS;
use crate::record::alloc::quiet::{self, Quiet};
use crate::record::alloc::wrapped::{Stamp, is_wrapping_seen};
use crate::record::frame::open;
use crate::record::function::registry;
use crate::record::function::table::Function;
use crate::record::ledger::kind;
use crate::record::live::switch;
use crate::record::memory::arena;
use crate::record::timeline::timeline;
use crate::session::{self, Live};

/// Chosen once, by the first annotated function or the first request for a report.
static BACKEND: OnceLock<Backend> = OnceLock::new();

/// Whether the global allocator is ours, found out at the same time.
static COUNTED: OnceLock<bool> = OnceLock::new();

/// Starts the session; each table carries this function.
pub const START: fn() = start;

/// Starts the session: reads the environment, chooses the backend, registers the report at exit.
///
/// Called by the first annotated function. Threads that come meanwhile wait; a call from within
/// (an allocator with annotated methods) returns at once and is not measured.
pub(crate) fn start() {
    start_session(None, None);
}

/// The same, recording to `wanted` rather than to what the environment says, and a timeline with
/// samples in this interval. `None` when there is no such path, or the session had been started
/// before.
pub(crate) fn start_session(
    wanted: Option<&Path>,
    timeline: Option<Duration>,
) -> Option<io::Result<PathBuf>> {
    static START: Once = Once::new();
    thread_local! {
        static IS_STARTING: Cell<bool> = const { Cell::new(false) };
    }
    // Set before the session is claimed: a signal handler that calls annotated functions must not wait for
    // what it has interrupted.
    if quiet::is_on() || IS_STARTING.replace(true) {
        return None;
    }
    let mut recording = None;
    START.call_once(|| {
        let counted = allocations_are_counted();
        let _ = COUNTED.set(counted);
        let _quiet = Quiet::enter();
        let options = session::options();
        let backend = choose(options.enabled, options.backend, counted);
        // Where nothing runs before `main`.
        if cfg!(not(any(unix, windows))) && session::wants_live_blocks() {
            begin_live_blocks(counted);
        }
        let _ = BACKEND.set(backend);
        if backend != Backend::Off {
            if !options.filter.is_empty() {
                open::set_filter(is_wanted);
            }
            session::exit::install(report_at_exit, close_recording);
            #[cfg(feature = "signals")]
            session::signals::install(report, Quiet::run);
        }
        recording = wanted.map(|path| session::recorder::begin(path, backend));
        if recording.is_none() && backend != Backend::Off {
            session::record(backend);
        }
        session::record_timeline(backend, timeline);
        // From here on functions are measured, and all of that is recorded.
        kind::choose(collect::kind(backend));
    });
    IS_STARTING.set(false);
    recording
}

/// Whether the global allocator is ours. Starts the session; `None` while that is starting.
pub(crate) fn is_counted() -> Option<bool> {
    start();
    COUNTED.get().copied()
}

/// Whether the global allocator is ours, found out by an allocation. It is quiet: the allocator notes that it was
/// asked, and neither counts the block nor shows it to the tracer.
pub fn allocations_are_counted() -> bool {
    let _quiet = Quiet::enter();
    let before = Stamp::now();
    let layout = Layout::new::<u64>();
    // SAFETY: the layout is not empty.
    let block = std::hint::black_box(unsafe { std::alloc::alloc(layout) });
    let counted = Stamp::now() != before;
    if !block.is_null() {
        // SAFETY: allocated above with this layout.
        unsafe { std::alloc::dealloc(block, layout) };
    }
    counted
}

/// Records live blocks from now on, which the environment asks for.
pub(crate) fn record_live_blocks() {
    let is_counted = allocations_are_counted();
    let _quiet = Quiet::enter();
    begin_live_blocks(is_counted);
}

fn begin_live_blocks(is_counted: bool) {
    let reason = if switch::is_on() {
        return;
    } else if !is_counted {
        "it needs `#[global_allocator] static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();`"
    } else if is_wrapping_seen() && !PADS {
        "around another allocator, it needs the feature `live` of mem-profile"
    } else if switch::begin() {
        return;
    } else {
        "memory is out"
    };
    if session::options().live == Live::On {
        session::warn(&format!("mem-profile: MEM_PROFILE_LIVE=on has no effect: {reason}"));
    }
}

fn choose(enabled: bool, wanted: Option<Backend>, counted: bool) -> Backend {
    match wanted {
        _ if !enabled => Backend::Off,
        Some(Backend::Heap) if !counted => {
            session::warn(
                "mem-profile: MEM_PROFILE_BACKEND=heap needs \
                 `#[global_allocator] static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();`; \
                 using rss",
            );
            Backend::Rss
        }
        Some(backend) => backend,
        None if counted => Backend::Heap,
        None => Backend::Rss,
    }
}

/// Whether the filter has left out a function that was called.
static LEFT_OUT: AtomicBool = AtomicBool::new(false);

/// The session's filter, asked once per function.
fn is_wanted(function: &Function) -> bool {
    let _quiet = Quiet::enter();
    let is_wanted = session::options().filter.matches(function.display_name());
    if !is_wanted {
        LEFT_OUT.store(true, Relaxed);
    }
    is_wanted
}

pub(crate) fn backend() -> Backend {
    start();
    BACKEND.get().copied().unwrap_or(Backend::Off)
}

/// Prints the report now, to where the environment says, with the figures so far.
///
/// The report at exit comes all the same. Does nothing with `MEM_PROFILE=off`.
pub fn report() {
    let backend = backend();
    collect::flush(backend);
    let _quiet = Quiet::enter();
    if backend != Backend::Off {
        session::emit(&collect::snapshot(backend));
    }
}

fn report_at_exit() {
    if backend() != Backend::Off {
        let _quiet = Quiet::enter();
        session::warn_of_what_had_no_effect(LEFT_OUT.load(Relaxed) && !registry::any());
    }
    if registry::any() && !session::formats().is_empty() {
        report();
    }
    #[cfg(feature = "account")]
    if registry::any() && session::options().account {
        print_account();
    }
}

/// Prints what the resident set is made of.
#[cfg(feature = "account")]
fn print_account() {
    let is_counted = backend() == Backend::Heap;
    let _quiet = Quiet::enter();
    match read::read(is_counted, false) {
        Ok(account) => session::output::print(&format!("\n{}", account.text())),
        Err(error) => session::warn(&format!("mem-profile: there is no account: {error}")),
    }
}

fn close_recording() {
    let backend = backend();
    collect::flush(backend);
    let _quiet = Quiet::enter();
    session::sampler::stop();
    session::recorder::close(backend);
}

/// Records the run to the file at `path`, from now on until the process ends, however that is.
///
/// `%p` in the path stands for the number of the process, `%n` for the program's name, `%t` for the
/// seconds since 1970. Returns the path of the file: where a process that still runs records
/// to that, a number is added to its name.
///
/// The same as `MEM_PROFILE_OUTPUT`, for programs that decide it themselves. A forked child is not
/// recorded, unless it calls this. With `MEM_PROFILE=off` no file is made.
///
/// # Errors
/// When the file cannot be made; when the process is recorded already; and when annotated functions
/// have run while there is more than one thread: call it first thing in `main`.
pub fn record_to(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    let path = path.as_ref();
    if let Some(result) = start_session(Some(path), None) {
        return result;
    }
    let _quiet = Quiet::enter();
    let refusal = if session::recorder::is_for_command() {
        return session::recorder::copy_at_exit(path);
    } else if arena::recorded().is_some() {
        "the process is recorded already"
    } else if can_begin() || backend() == Backend::Off {
        let path = session::recorder::begin(path, backend())?;
        session::resume_timeline(backend());
        return Ok(path);
    } else {
        "a recording begins before annotated functions run on several threads: call `record_to` \
         first thing in `main`"
    };
    Err(io::Error::other(refusal))
}

/// Whether nothing that belongs to a recording lies in memory by now, or all of it can be moved.
fn can_begin() -> bool {
    (!registry::any() && !timeline::is_on()) || session::recorder::is_alone()
}

/// The figures so far, as plain data that belongs to the caller.
///
/// Exact for the calling thread and for threads at rest; other threads are read while they run.
/// The memory of the snapshot is recorded on the line that asked for it, like any other value that a
/// call returns.
#[must_use]
pub fn snapshot() -> Snapshot {
    let backend = backend();
    collect::flush(backend);
    let quiet = Quiet::enter();
    let ours = collect::snapshot(backend);
    drop(quiet);
    let of_caller = ours.clone();
    let _quiet = Quiet::enter();
    drop(ours);
    of_caller
}

/// Sets all figures to zero, as if nothing had run yet.
///
/// Call it while no other annotated function runs: a line that runs meanwhile may keep a part of
/// its figures.
pub fn reset() {
    collect::reset(backend());
}
