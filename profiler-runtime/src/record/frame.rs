//! One execution of an annotated function or closure.
//!
//! At any moment a thread has one **current row**. A frame that is entered sets the row of its
//! caller aside; a frame that ends gives it back and adds its own totals to it, unless caller
//! and callee share a table: then the bytes are booked there already. That is the whole of
//! "every byte on exactly one line of a table", also under recursion and re-entry.

use core::marker::PhantomData;
use core::ptr;

use super::booking::Marks;
use super::ledger::Ledger;
use super::place::{End, Place, Scope};
use super::row::{Chunk, IDLE, Row, Totals};
use super::table::Table;

/// One execution of a function or closure. Dropping it closes the last line.
///
/// Where it books is apart from what it set aside, and comes from inlined code: so the compiler
/// keeps it in registers from one event to the next.
#[derive(Debug)]
#[repr(C)]
pub struct Frame {
    place: Place,
    aside: Aside,
    /// A frame belongs to its thread.
    _stays: PhantomData<*const ()>,
}

/// What a frame gives back when it ends.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct Aside {
    /// The [`Chunk`] of the frame that ran before this one, or null.
    caller: *const (),
    /// Where the next outer frame of the same function was left.
    outer: i64,
    marks: Marks,
}

impl Aside {
    const NOTHING: Self = Self { caller: ptr::null(), outer: IDLE, marks: Marks::NONE };
}

impl Frame {
    /// A call of the function of `table`, which row 0 counts; `row` is current and starts.
    #[inline(always)]
    pub(crate) fn call(table: &'static Table, row: usize) -> Self {
        let mut aside = Aside::NOTHING;
        let opened = if table.is_skipped() { None } else { begin_call(table, row, &mut aside) };
        Self { place: Place::new(opened), aside, _stays: PhantomData }
    }

    /// Enters `row`, whose current execution has already risen by `rise` bytes.
    #[inline(always)]
    pub(crate) fn at(table: &'static Table, row: usize, rise: i64) -> Self {
        let mut aside = Aside::NOTHING;
        let opened = begin_at(table, row, rise, &mut aside);
        Self { place: Place::new(opened), aside, _stays: PhantomData }
    }

    /// The row that is current and how far it has risen; for a task that will go on later.
    pub(crate) fn position(&self) -> Option<(usize, i64)> {
        let (ledger, chunk) = self.place.here()?;
        Some((chunk.index_of(ledger.row()), ledger.rise()))
    }
}

/// What emitted code calls, as of [`Place`]: with `Deref` each event would be two calls in debug.
impl Frame {
    /// The line of `row` starts now.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub extern "C" fn line(&self, row: usize) {
        self.place.start_line(row);
    }

    /// One more occurrence of the header of a loop, which is current.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub extern "C" fn iteration(&self, row: usize) {
        self.place.count_iteration(row);
    }

    /// A guard for a nested block inside the line of `row`.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    #[must_use]
    pub extern "C" fn scope(&self, row: usize) -> Scope {
        self.place.open_scope(row)
    }

    /// A guard that starts the line of `row` before the locals declared ahead of it are dropped.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    #[must_use]
    pub extern "C" fn end(&self, row: usize) -> End {
        self.place.open_end(row)
    }
}

impl Drop for Frame {
    // Always: one call with a pointer to the frame, even in an unwinding path, would keep it
    // out of registers everywhere.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn drop(&mut self) {
        if let Some((ledger, chunk)) = self.place.here() {
            let Aside { caller, outer, marks } = self.aside;
            leave(ledger, chunk, caller, outer, marks.line_start, marks.frame_peak);
        }
    }
}

/// In release out of line and with its result in registers: the code is there once, and the frame
/// that is made of it stays in registers too.
#[cfg_attr(debug_assertions, inline(always))]
#[cfg_attr(not(debug_assertions), inline(never))]
fn begin_call(
    table: &'static Table,
    row: usize,
    aside: &mut Aside,
) -> Option<(&'static Ledger, Chunk)> {
    let (ledger, chunk) = table.open()?;
    // SAFETY: the macro emits a function's rows and this call together: `row` is below the number
    // of rows, of which there is at least one.
    let (first, start) = unsafe { (chunk.row(0), chunk.row(row)) };
    *aside = enter(ledger, chunk, start, 0);
    if first.runs.add(1) == 1 {
        table.note_entry(ledger.entry_reading());
    }
    if row != 0 {
        start.runs.add(1);
    }
    Some((ledger, chunk))
}

#[cfg_attr(debug_assertions, inline(always))]
#[cfg_attr(not(debug_assertions), inline(never))]
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
    if outer != IDLE && caller != Some(chunk) {
        book_suspended(chunk, outer, &now);
    }
    // The function is running: any row says so until a callee sets the true one.
    chunk.suspended.set(chunk.offset_of(row));
    ledger.set_chunk(Some(chunk));
    ledger.set_row(row);
    let caller = caller.map_or(ptr::null(), |caller| caller.as_ptr().cast_const().cast());
    Aside { caller, outer, marks: ledger.push_marks(rise) }
}

#[cfg_attr(debug_assertions, inline(always))]
#[cfg_attr(not(debug_assertions), inline(never))]
extern "C" fn leave(
    ledger: &'static Ledger,
    chunk: Chunk,
    caller: *const (),
    outer: i64,
    line_start: i64,
    frame_peak: i64,
) {
    // SAFETY: null or from `enter`, which had it of a chunk.
    let caller = unsafe { Chunk::from_ptr(caller.cast_mut().cast()) };
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
    let change = now.since(&chunk.last());
    // Where nothing was allocated and nothing freed there is nothing to write.
    if (change.live, change.allocated) != (0, 0)
        && let Some(row) = chunk.row_at(suspended)
    {
        row.book(&change);
    }
}
