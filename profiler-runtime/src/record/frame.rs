//! One execution of an annotated function or closure.
//!
//! At any moment a thread has one **current row**. A frame that is entered sets the row of its
//! caller aside; a frame that ends gives it back and adds its own totals to it, unless caller
//! and callee share a table: then the bytes are booked there already. That is the whole of
//! "every byte on exactly one line of a table", also under recursion and re-entry.

use core::cell::Cell;
use core::marker::PhantomData;

use super::booking::Marks;
use super::ledger::Ledger;
use super::row::{Chunk, IDLE, Row, Totals};
use super::table::Table;

/// What line events are sent to: a [`Frame`] or a [`super::task::TaskFrame`].
pub trait Lines {
    /// `row` starts now.
    fn line(&self, row: usize);
    /// `row` goes on: it becomes current without another occurrence.
    fn resume(&self, row: usize);
}

/// One execution of a function or closure. Dropping it closes the last line.
///
/// Where it books is apart from what it set aside, and comes from inlined code: so the compiler
/// keeps it in registers from one event to the next.
#[derive(Debug)]
pub struct Frame {
    place: Option<(&'static Ledger, Chunk)>,
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

impl Frame {
    /// A frame that measures nothing.
    pub(crate) const OFF: Self = Self {
        place: None,
        aside: Aside { caller: None, outer: IDLE, marks: Marks::NONE },
        _stays: PhantomData,
    };

    /// A call of the function: row 0 is current and counts it.
    #[inline]
    pub(crate) fn call(table: &Table, ledger: &'static Ledger, chunk: Chunk) -> Self {
        let frame = Self::open(ledger, chunk, 0, 0);
        if chunk.row_clamped(0).runs.add(1) == 1 {
            table.note_entry(ledger.entry_reading());
        }
        frame
    }

    /// Enters `row` of `chunk`, whose current execution has already risen by `rise` bytes.
    #[inline]
    pub(crate) fn open(ledger: &'static Ledger, chunk: Chunk, row: usize, rise: i64) -> Self {
        let aside = Aside::enter(ledger, chunk, row, rise);
        Self { place: Some((ledger, chunk)), aside, _stays: PhantomData }
    }

    /// The row that is current and how far it has risen; for a task that will go on later.
    pub(crate) fn position(&self) -> Option<(usize, i64)> {
        let (ledger, chunk) = self.place?;
        let row = chunk.index_of(ledger.row());
        Some((usize::try_from(row).unwrap_or(0), ledger.rise()))
    }

    /// The line of `row` starts now.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub fn line(&self, row: usize) {
        let Some((ledger, chunk)) = self.place else { return };
        start_line(ledger, chunk, row);
    }

    /// One more occurrence of the header of a loop, which is current.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub fn iteration(&self, row: usize) {
        let Some((_, chunk)) = self.place else { return };
        chunk.row_clamped(row).runs.add(1);
    }

    /// A guard for a nested block inside the line of `row`.
    #[inline]
    pub fn scope(&self, row: usize) -> Scope<'_, Self> {
        Scope::new(self, row)
    }

    /// A guard that starts the line of `row`, a closing brace, before the locals declared
    /// ahead of it are dropped.
    #[inline]
    pub fn end(&self, row: usize) -> End<'_, Self> {
        End::new(self, row)
    }
}

impl Lines for Frame {
    #[inline]
    fn line(&self, row: usize) {
        Self::line(self, row);
    }

    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    fn resume(&self, row: usize) {
        let Some((ledger, chunk)) = self.place else { return };
        resume_line(ledger, chunk, row);
    }
}

#[inline(always)]
pub(crate) fn start_line(ledger: &Ledger, chunk: Chunk, row: usize) {
    resume_line(ledger, chunk, row).runs.add(1);
}

#[inline(always)]
pub(crate) fn resume_line(ledger: &Ledger, chunk: Chunk, row: usize) -> &'static Row {
    if ledger.is_open() {
        ledger.close_line();
    }
    debug_assert!((row as i64) < chunk.rows.get(), "emitted rows lie within the table");
    // SAFETY: the macro emits a function's rows and its events together: each event's row is
    // below the `rows` that the chunk was reserved with.
    let row = unsafe { chunk.row(row) };
    ledger.set_row(row);
    row
}

/// A frame of this function waits further out: what happened since it was left is on its line.
fn book_suspended(chunk: Chunk, now: &Totals) {
    if let Ok(row) = usize::try_from(chunk.suspended.get()) {
        chunk.row_clamped(row).book(&now.since(&chunk.last()));
    }
}

impl Drop for Frame {
    // Always: one call with a pointer to the frame, even in an unwinding path, would keep it
    // out of registers everywhere.
    #[inline(always)]
    fn drop(&mut self) {
        if let Some((ledger, chunk)) = self.place {
            let Aside { caller, outer, marks } = self.aside;
            leave(ledger, chunk, caller, outer, marks.line_start, marks.frame_peak);
        }
    }
}

impl Aside {
    #[inline(never)]
    fn enter(ledger: &'static Ledger, chunk: Chunk, row: usize, rise: i64) -> Self {
        let live = ledger.settle();
        let now = ledger.totals();
        let caller = ledger.chunk();
        if let Some(caller) = caller {
            caller.set_last(&now);
            caller.suspended.set(caller.index_of(ledger.row()));
        }
        if caller != Some(chunk) {
            book_suspended(chunk, &now);
        }
        let outer = chunk.suspended.get();
        // The function is running: any index but `IDLE` says so until a callee sets a true one.
        chunk.suspended.set(row as i64);
        ledger.set_chunk(Some(chunk));
        ledger.set_row(chunk.row_clamped(row));
        Self { caller, outer, marks: ledger.push_marks(live, rise) }
    }
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
    ledger.settle();
    let now = ledger.totals();
    chunk.set_last(&now);
    chunk.suspended.set(outer);
    ledger.set_chunk(caller);
    let rise = ledger.pop_marks(Marks { line_start, frame_peak });
    let Some(caller) = caller else {
        return ledger.set_row(ledger.idle());
    };
    if caller != chunk {
        book_suspended(caller, &now);
    }
    let row = caller.row_clamped(usize::try_from(caller.suspended.get()).unwrap_or(0));
    row.peak.raise(rise);
    ledger.set_row(row);
}

/// Guard of a nested block. Where the block was left normally, by `break` or by `continue`, the
/// enclosing line becomes current again when the guard is dropped. Where it was left by
/// `return`, `?` or a panic, the line that left stays current, so that what the outer locals
/// free on the way out is booked there.
#[derive(Debug)]
pub struct Scope<'a, F: Lines> {
    frame: &'a F,
    row: usize,
    done: Cell<bool>,
}

impl<'a, F: Lines> Scope<'a, F> {
    #[inline]
    pub(crate) fn new(frame: &'a F, row: usize) -> Self {
        Self { frame, row, done: Cell::new(false) }
    }

    /// The block is being left for the enclosing line.
    #[inline]
    pub fn done(&self) {
        self.done.set(true);
    }
}

impl<F: Lines> Drop for Scope<'_, F> {
    #[inline]
    fn drop(&mut self) {
        if self.done.get() && !std::thread::panicking() {
            self.frame.resume(self.row);
        }
    }
}

/// Guard that is dropped before the locals of its block: the closing brace's line starts.
#[derive(Debug)]
pub struct End<'a, F: Lines> {
    frame: &'a F,
    row: usize,
}

impl<'a, F: Lines> End<'a, F> {
    #[inline]
    pub(crate) fn new(frame: &'a F, row: usize) -> Self {
        Self { frame, row }
    }
}

impl<F: Lines> Drop for End<'_, F> {
    #[inline]
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.frame.line(self.row);
        }
    }
}
