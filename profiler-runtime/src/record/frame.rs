//! One execution of an annotated function or closure.
//!
//! At any moment a thread has one **current row**. A frame that is entered sets the row of its
//! caller aside; a frame that ends gives it back and adds its own totals to it, unless caller
//! and callee share a table: then the bytes are booked there already. That is the whole of
//! "every byte on exactly one line of a table", also under recursion and re-entry.

use core::marker::PhantomData;
use core::ops::Deref;

use super::booking::Marks;
use super::ledger::Ledger;
use super::place::{Place, Where};
use super::row::{Chunk, IDLE, Row, Totals};
use super::table::{self, Table};

/// One execution of a function or closure. Dropping it closes the last line.
///
/// Where it books is apart from what it set aside, and comes from inlined code: so the compiler
/// keeps it in registers from one event to the next.
#[derive(Debug)]
pub struct Frame {
    place: Place,
    aside: Aside,
    /// A frame belongs to its thread.
    _stays: PhantomData<*const ()>,
}

/// What a frame gives back when it ends.
#[derive(Clone, Copy, Debug)]
struct Aside {
    /// The chunk of the frame that ran before this one.
    caller: Option<Chunk>,
    /// Where the next outer frame of the same function was left.
    outer: i64,
    marks: Marks,
}

impl Aside {
    const NOTHING: Self = Self { caller: None, outer: IDLE, marks: Marks::NONE };
}

impl Frame {
    /// A call of the function of `table`: row 0 is current and counts it.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub(crate) fn call(table: &'static Table) -> Self {
        let mut aside = Aside::NOTHING;
        let opened = if table::is_off() { None } else { begin_call(table, &mut aside) };
        Self::new(opened, aside)
    }

    /// Enters `row`, whose current execution has already risen by `rise` bytes.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub(crate) fn at(table: &'static Table, row: usize, rise: i64) -> Self {
        let mut aside = Aside::NOTHING;
        let opened = begin_at(table, row, rise, &mut aside);
        Self::new(opened, aside)
    }

    #[inline(always)]
    fn new(opened: Option<(&'static Ledger, Chunk)>, aside: Aside) -> Self {
        let place = opened.map_or(Where::Nowhere, |(ledger, chunk)| Where::Here(ledger, chunk));
        Self { place: Place(place), aside, _stays: PhantomData }
    }

    /// The row that is current and how far it has risen; for a task that will go on later.
    pub(crate) fn position(&self) -> Option<(usize, i64)> {
        let (ledger, chunk) = self.place.find()?;
        Some((chunk.index_of(ledger.row()), ledger.rise()))
    }
}

impl Deref for Frame {
    type Target = Place;

    #[inline(always)]
    fn deref(&self) -> &Place {
        &self.place
    }
}

impl Drop for Frame {
    // Always: one call with a pointer to the frame, even in an unwinding path, would keep it
    // out of registers everywhere.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn drop(&mut self) {
        if let Where::Here(ledger, chunk) = self.place.0 {
            let Aside { caller, outer, marks } = self.aside;
            leave(ledger, chunk, caller, outer, marks.line_start, marks.frame_peak);
        }
    }
}

/// Out of line and with its result in registers: the code is there once, and the frame that is
/// made of it stays in registers too.
#[inline(never)]
fn begin_call(table: &'static Table, aside: &mut Aside) -> Option<(&'static Ledger, Chunk)> {
    let (ledger, chunk) = table.open()?;
    let row = chunk.row_clamped(0);
    *aside = enter(ledger, chunk, row, 0);
    if row.runs.add(1) == 1 {
        table.note_entry(ledger.entry_reading());
    }
    Some((ledger, chunk))
}

#[inline(never)]
fn begin_at(
    table: &'static Table,
    row: usize,
    rise: i64,
    aside: &mut Aside,
) -> Option<(&'static Ledger, Chunk)> {
    let (ledger, chunk) = table.open()?;
    *aside = enter(ledger, chunk, chunk.row_clamped(row), rise);
    Some((ledger, chunk))
}

#[inline(always)]
fn enter(ledger: &'static Ledger, chunk: Chunk, row: &'static Row, rise: i64) -> Aside {
    ledger.settle_open();
    let now = ledger.totals();
    let caller = ledger.chunk();
    if let Some(caller) = caller {
        caller.set_last(&now);
        caller.suspended.set(caller.offset_of(ledger.row()));
    }
    let outer = chunk.suspended.get();
    if caller != Some(chunk) {
        book_suspended(chunk, outer, &now);
    }
    // The function is running: any row says so until a callee sets the true one.
    chunk.suspended.set(chunk.offset_of(row));
    ledger.set_chunk(Some(chunk));
    ledger.set_row(row);
    Aside { caller, outer, marks: ledger.push_marks(rise) }
}

#[inline(never)]
fn leave(
    ledger: &'static Ledger,
    chunk: Chunk,
    caller: Option<Chunk>,
    outer: i64,
    line_start: i64,
    frame_peak: i64,
) {
    ledger.settle_open();
    let now = ledger.totals();
    if outer != IDLE {
        chunk.set_last(&now);
    }
    chunk.suspended.set(outer);
    ledger.set_chunk(caller);
    let rise = ledger.pop_marks(Marks { line_start, frame_peak });
    let Some(caller) = caller else {
        return ledger.set_row(ledger.idle());
    };
    let suspended = caller.suspended.get();
    if caller != chunk {
        book_suspended(caller, suspended, &now);
    }
    let row = caller.row_at(suspended).unwrap_or_else(|| ledger.idle());
    row.peak.raise(rise);
    ledger.set_row(row);
}

/// A frame of this function waits further out: what happened since it was left is on its line.
#[inline(always)]
fn book_suspended(chunk: Chunk, suspended: i64, now: &Totals) {
    if let Some(row) = chunk.row_at(suspended) {
        let change = now.since(&chunk.last());
        // Where nothing was allocated and nothing freed there is nothing to write.
        if (change.live, change.allocated) != (0, 0) {
            row.book(&change);
        }
    }
}
