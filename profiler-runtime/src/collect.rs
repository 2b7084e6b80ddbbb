//! Makes a [`Snapshot`] of the counters.
//!
//! Rows of all threads are added up. Nothing of another thread is written, so a running one is
//! not disturbed: what it has not booked yet is added to a copy, its own open line and the lines
//! in which it waits for a callee.

use crate::process;
use crate::record::ledger::Kind;
use crate::record::quiet::Quiet;
use crate::record::row::{Chunk, Row, Totals};
use crate::record::table::{self, Function, Table};
use crate::record::thread::{self, Thread};
use crate::snapshot::{Backend, FunctionSnapshot, LineSnapshot, SCHEMA_VERSION, Snapshot};
use crate::trace::Live;

/// Books what the calling thread's line has done so far: of another thread's open line, only
/// what it holds can be read, not how high it was in between.
pub(crate) fn settle(backend: Backend) {
    if backend != Backend::Off
        && let Some(thread) = thread::current()
    {
        thread.ledger(kind_of(backend)).settle();
    }
}

/// The counters as they are, read without stopping anyone.
pub(crate) fn snapshot(backend: Backend) -> Snapshot {
    let quiet = Quiet::enter();
    let mut snapshot = Snapshot {
        schema_version: SCHEMA_VERSION,
        backend,
        process_bytes: process_bytes(backend),
        functions: Vec::new(),
        notes: Vec::new(),
    };
    let live = Live::now();
    snapshot.functions.extend(table::all().map(|table| {
        let mut figures = function(table, backend);
        live.iter().for_each(|live| live.add(table.function(), &mut figures.lines));
        figures
    }));
    snapshot.notes.extend(live.iter().flat_map(Live::notes));
    snapshot.functions.retain(|function| function.calls > 0 || ran(function));
    snapshot.sort();
    drop(quiet);
    snapshot
}

fn ran(function: &FunctionSnapshot) -> bool {
    function.lines.iter().any(|line| line.occurrences.is_some())
}

/// Memory in use by the process: exact when no other thread allocates meanwhile.
fn process_bytes(backend: Backend) -> Option<u64> {
    match backend {
        Backend::Heap => Some(unsigned(thread::live_bytes())),
        Backend::Rss => process::rss(),
        Backend::Off => None,
    }
}

/// One line's figures over all threads.
#[derive(Clone, Copy, Default)]
struct Sum {
    runs: i64,
    totals: Totals,
    peak: i64,
    usage: i64,
}

impl Sum {
    fn add_row(&mut self, row: &Row) {
        self.runs += row.runs.get();
        self.add(&Totals {
            live: row.increment.get(),
            allocated: row.allocated.get(),
            allocations: row.allocations.get(),
        });
        self.peak = self.peak.max(row.peak.get());
        self.usage = self.usage.max(row.usage.get());
    }

    fn add(&mut self, change: &Totals) {
        self.totals.live += change.live;
        self.totals.allocated += change.allocated;
        self.totals.allocations += change.allocations;
    }
}

fn function(table: &'static Table, backend: Backend) -> FunctionSnapshot {
    let function = table.function();
    let kind = kind_of(backend);
    let mut sums = vec![Sum::default(); function.rows.max(1)];
    for thread in thread::all() {
        if let Some(chunk) = table.chunk_on(thread) {
            add_thread(&mut sums, thread, chunk, kind);
        }
    }
    let mut lines: Vec<_> = lines(function, &sums, backend);
    if let (Some(first), Some(entry), false) =
        (lines.first_mut(), table.entry(), function.first_row_runs)
    {
        first.usage = u64::try_from(entry).ok();
        first.increment = Some(entry);
    }
    FunctionSnapshot {
        name: display_name(function),
        file: function.file.to_owned(),
        line: function.first_line,
        calls: sums.first().map_or(0, |row| unsigned(row.runs)),
        lines,
    }
}

/// Adds what one thread has booked, and what it would book if it stopped here.
fn add_thread(sums: &mut [Sum], thread: &'static Thread, chunk: Chunk, kind: Kind) {
    for (sum, row) in sums.iter_mut().zip(chunk.iter()) {
        sum.add_row(row);
    }
    let ledger = thread.ledger(kind);
    let is_current = ledger.chunk() == Some(chunk);
    let row = if is_current { Some(ledger.row()) } else { chunk.row_at(chunk.suspended.get()) };
    let Some(sum) = row.and_then(|row| sums.get_mut(chunk.index_of(row))) else { return };
    if is_current {
        sum.totals.live += ledger.pending();
        sum.peak = sum.peak.max(ledger.pending());
        sum.usage = sum.usage.max(ledger.reading());
    } else {
        let change = ledger.totals().since(&chunk.last());
        sum.add(&change);
        // At least that: how high the callees were is known when they end.
        sum.peak = sum.peak.max(change.live);
    }
}

fn lines(function: &Function, sums: &[Sum], backend: Backend) -> Vec<LineSnapshot> {
    let mut source = function.source.split('\n');
    let numbered = (function.first_line..).zip(sums);
    numbered.map(|(line, sum)| row(line, source.next().unwrap_or(""), sum, backend)).collect()
}

fn row(line: u32, source: &str, sum: &Sum, backend: Backend) -> LineSnapshot {
    let ran = sum.runs > 0;
    let heap = ran && backend == Backend::Heap;
    LineSnapshot {
        line,
        source: source.to_owned(),
        usage: ran.then(|| unsigned(sum.usage)),
        increment: ran.then_some(sum.totals.live),
        peak: heap.then(|| unsigned(sum.peak)),
        live: None,
        allocations: heap.then(|| unsigned(sum.totals.allocations)),
        allocated: heap.then(|| unsigned(sum.totals.allocated)),
        occurrences: ran.then(|| unsigned(sum.runs)),
    }
}

/// Readers may see counters between two steps of a writer: never negative.
fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// The path of the function, with the type or trait that holds it: `krate::Type::method`.
pub(crate) fn display_name(function: &Function) -> String {
    if let Some(name) = function.name {
        return name.to_owned();
    }
    let path = (function.path)();
    let own = path.find("::__MemProfile").map_or(path, |end| &path[..end]);
    // The body of an async function is a closure to the compiler, once more for every attribute
    // that has put the body into an async block of its own.
    own.trim_end_matches("::{{closure}}").to_owned()
}

/// Sets all counters to zero. Lines that run meanwhile on other threads may keep a part.
pub(crate) fn reset(backend: Backend) {
    let kind = kind_of(backend);
    settle(backend);
    for thread in thread::all() {
        for chunk in thread.chunks() {
            chunk.iter().for_each(Row::clear);
            chunk.set_last(&thread.ledger(kind).totals());
        }
    }
    table::all().for_each(Table::forget_entry);
}

fn kind_of(backend: Backend) -> Kind {
    if backend == Backend::Heap { Kind::Heap } else { Kind::Rss }
}
