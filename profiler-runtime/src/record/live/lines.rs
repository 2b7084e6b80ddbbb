//! The counter of the line that runs, by the path that leads to it.

use mem_profile_format::layout::paths::OUTSIDE;

use super::paths::{self, Line};
use crate::record::ledger::ledger::Ledger;
use crate::record::ledger::row::{Chunk, Row, key_of, site_of};
use crate::record::memory::counter::Counter;
use crate::record::memory::mark;

/// The thread's counter of the line that runs, in the current epoch; `None` when memory is out.
#[inline(always)]
pub(super) fn counter_of_line(ledger: &'static Ledger) -> Option<&'static Counter> {
    let (row, epoch) = (ledger.row(), mark::epoch());
    match row.counter(ledger.caller_key()) {
        Some(counter) if counter.is_of(epoch) => Some(counter),
        Some(counter) => {
            counter.begin_epoch(epoch);
            Some(counter)
        }
        None => find_counter(ledger, row),
    }
}

/// The same where the row has no counter for the path that leads there.
#[cold]
#[inline(never)]
fn find_counter(ledger: &'static Ledger, row: &'static Row) -> Option<&'static Counter> {
    let caller = match site_of(ledger.caller_key()) {
        0 => find_path(ledger),
        known => known,
    };
    let counter = match (ledger.chunk(), caller) {
        // A handler has interrupted a call: its memory is on the line that it has interrupted.
        (Some(_), 0) => row.latest_counter().or_else(|| counter_of(ledger, OUTSIDE))?,
        (Some(chunk), _) => counter_of_row(ledger, caller, chunk, row)?,
        (None, _) => {
            let counter = counter_of(ledger, OUTSIDE)?;
            row.keep_counter(key_of(0), counter);
            counter
        }
    };
    counter.begin_epoch(mark::epoch());
    Some(counter)
}

/// The path that leads to the line that runs; 0 outside of all frames, and in a handler that has interrupted a call.
fn find_path(ledger: &'static Ledger) -> u32 {
    let Some(_busy) = ledger.begin_work() else { return 0 };
    ledger.find_path(|caller, chunk, row| {
        let counter = counter_of_row(ledger, caller, chunk, row);
        counter.map_or(OUTSIDE, |counter| counter.site.get() as u32)
    })
}

/// The thread's counter of a row that was called on this path; `None` when memory is out.
///
/// PERF: rows that only call have one too, so that paths are found without a search while the same callers call.
#[inline(always)]
fn counter_of_row(
    ledger: &'static Ledger,
    caller: u32,
    chunk: Chunk,
    row: &'static Row,
) -> Option<&'static Counter> {
    row.counter(key_of(caller)).or_else(|| add_counter(ledger, caller, chunk, row))
}

#[cold]
#[inline(never)]
fn add_counter(
    ledger: &'static Ledger,
    caller: u32,
    chunk: Chunk,
    row: &'static Row,
) -> Option<&'static Counter> {
    // A handler may have interrupted a call that has replaced the row, and not yet the chunk.
    let Some(index) = chunk.find_row(row) else { return counter_of(ledger, caller) };
    let site = paths::site_of(caller, Line::new(chunk.table.get(), index));
    let counter = counter_of(ledger, site)?;
    row.keep_counter(key_of(caller), counter);
    Some(counter)
}

/// The thread's counter of a path, in the current epoch; `None` when memory is out.
pub(super) fn counter_of(ledger: &'static Ledger, site: u32) -> Option<&'static Counter> {
    let counter = ledger.thread()?.counters.get(site)?;
    counter.begin_epoch(mark::epoch());
    Some(counter)
}
