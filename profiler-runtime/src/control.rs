//! What a program may call, and what the first annotated function starts.

use std::alloc::Layout;
use std::cell::Cell;
use std::sync::{Once, OnceLock};

use crate::collect;
use crate::record::alloc;
use crate::record::ledger::Kind;
use crate::record::quiet::{self, Quiet};
use crate::record::table::{self, Function, Table};
use crate::session;
use crate::snapshot::{Backend, Snapshot};

/// Chosen once, by the first annotated function or the first request for a report.
static BACKEND: OnceLock<Backend> = OnceLock::new();

/// The table of an annotated function: the path of a type in it, the file, the line of row 0, how
/// many rows, their source, and whether a statement starts on row 0.
#[must_use]
pub const fn table(
    path: fn() -> &'static str,
    file: &'static str,
    first_line: u32,
    rows: usize,
    source: &'static str,
    first_row_runs: bool,
) -> Table {
    Table::new(Function { name: None, path, file, first_line, rows, source, first_row_runs, start })
}

/// Starts the session: reads the environment, chooses the backend, registers the report at exit.
///
/// Called by the first annotated function. Threads that come meanwhile wait; a call from within
/// (an allocator with annotated methods) returns at once and is not measured.
fn start() {
    static START: Once = Once::new();
    thread_local! {
        static IS_STARTING: Cell<bool> = const { Cell::new(false) };
    }
    if quiet::is_on() || IS_STARTING.get() {
        return;
    }
    START.call_once(|| {
        IS_STARTING.set(true);
        let counted = allocations_are_counted();
        let _quiet = Quiet::enter();
        let options = session::options();
        let backend = choose(options.enabled, options.backend, counted);
        let _ = BACKEND.set(backend);
        if backend != Backend::Off {
            if !options.filter.is_empty() {
                table::set_filter(is_wanted);
            }
            session::exit::install(report_at_exit);
            #[cfg(feature = "signals")]
            session::signals::install(report, Quiet::run);
        }
        table::set_mode(match backend {
            Backend::Heap => Some(Kind::Heap),
            Backend::Rss => Some(Kind::Rss),
            Backend::Off => None,
        });
    });
}

/// Whether the global allocator is ours, found out by an allocation.
pub(crate) fn allocations_are_counted() -> bool {
    let before = alloc::stamp();
    let layout = Layout::new::<u64>();
    // SAFETY: the layout is not empty.
    let block = std::hint::black_box(unsafe { std::alloc::alloc(layout) });
    let counted = alloc::stamp() != before;
    if !block.is_null() {
        // SAFETY: allocated above with this layout.
        unsafe { std::alloc::dealloc(block, layout) };
    }
    counted
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

/// The session's filter, asked once per function.
fn is_wanted(function: &Function) -> bool {
    let _quiet = Quiet::enter();
    session::options().filter.matches(&collect::display_name(function))
}

fn backend() -> Backend {
    start();
    BACKEND.get().copied().unwrap_or(Backend::Off)
}

/// Prints the report now, to where the environment says, with the figures so far.
///
/// The report at exit comes all the same. Does nothing with `MEM_PROFILE=off`.
pub fn report() {
    let backend = backend();
    collect::settle(backend);
    let _quiet = Quiet::enter();
    if backend != Backend::Off {
        session::emit(&collect::snapshot(backend));
    }
}

fn report_at_exit() {
    if table::all().next().is_some() {
        report();
    }
}

/// The figures so far, as plain data that belongs to the caller.
///
/// Exact for the calling thread and for threads at rest; other threads are read while they run.
/// What the snapshot holds is booked on the line that asked for it, like any other value that a
/// call returns.
#[must_use]
pub fn snapshot() -> Snapshot {
    let backend = backend();
    collect::settle(backend);
    let quiet = Quiet::enter();
    let ours = collect::snapshot(backend);
    drop(quiet);
    let theirs = ours.clone();
    let _quiet = Quiet::enter();
    drop(ours);
    theirs
}

/// Sets all figures to zero, as if nothing had run yet.
///
/// Call it while no other annotated function runs: a line that runs meanwhile may keep a part of
/// its figures.
pub fn reset() {
    collect::reset(backend());
}
