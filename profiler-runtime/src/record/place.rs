//! Where the lines of a body are booked: line events, and the guards of blocks.
//!
//! What emitted code calls is inlined in release and out of line in debug, where inlining would
//! compile it, unoptimised, into the user's crate.

use core::cell::Cell;

use super::ledger::Ledger;
use super::row::{Chunk, Row};
use super::table::Table;
use super::{task, thread};

/// Where the lines of a body are booked.
#[derive(Clone, Copy, Debug)]
pub struct Place(pub(super) Where);

#[derive(Clone, Copy, Debug)]
pub(super) enum Where {
    /// Nothing is measured.
    Nowhere,
    /// The body runs to its end on the thread that entered it.
    Here(&'static Ledger, Chunk),
    /// A task: wherever it is polled, the frame that runs there is its own.
    InTask(&'static Table),
}

impl Place {
    /// The place of an async body, which is found anew by each event: right on whatever thread
    /// polls, and `Send`.
    pub(crate) const fn in_task(table: &'static Table) -> Self {
        Self(Where::InTask(table))
    }

    #[inline(always)]
    pub(super) fn find(self) -> Option<(&'static Ledger, Chunk)> {
        match self.0 {
            Where::Nowhere => None,
            Where::Here(ledger, chunk) => Some((ledger, chunk)),
            Where::InTask(table) => {
                let ledger = thread::current_ledger().active()?;
                let chunk = ledger.chunk()?;
                table.owns(chunk).then_some((ledger, chunk))
            }
        }
    }

    #[inline(always)]
    fn leaving(self) -> Leaving {
        Leaving {
            panic: std::thread::panicking(),
            cancelled: matches!(self.0, Where::InTask(_)) && task::is_cancelling(),
        }
    }

    /// The line of `row` starts now.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub fn line(&self, row: usize) {
        if let Some((ledger, chunk)) = self.find() {
            resume_line(ledger, chunk, row).runs.add(1);
        }
    }

    /// The line of `row` goes on: current again, without another occurrence.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    fn resume(self, row: usize) {
        if let Some((ledger, chunk)) = self.find() {
            resume_line(ledger, chunk, row);
        }
    }

    /// One more occurrence of the header of a loop, which is current.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub fn iteration(&self, row: usize) {
        if let Some((_, chunk)) = self.find() {
            chunk.row_clamped(row).runs.add(1);
        }
    }

    /// A guard for a nested block inside the line of `row`.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    #[must_use]
    pub fn scope(&self, row: usize) -> Scope {
        Scope { place: *self, row, done: Cell::new(false), begun: self.leaving() }
    }

    /// A guard that starts the line of `row`, a closing brace, before the locals declared
    /// ahead of it are dropped.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    #[must_use]
    pub fn end(&self, row: usize) -> End {
        End { place: *self, row, begun: self.leaving() }
    }
}

/// How blocks are being left but by their end. What was under way when a block began, as in a
/// destructor, is not leaving it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Leaving {
    panic: bool,
    cancelled: bool,
}

/// Closes the current line if it has anything to book, and makes `row` current.
#[inline(always)]
fn resume_line(ledger: &Ledger, chunk: Chunk, row: usize) -> &'static Row {
    if ledger.is_open() {
        ledger.close_line();
    }
    // SAFETY: the macro emits a function's rows and its events together: each event's row is
    // below the `rows` that the chunk was reserved with.
    let row = unsafe { chunk.row(row) };
    ledger.set_row(row);
    row
}

/// Guard of a nested block. Where the block was left normally, by `break` or by `continue`, the
/// enclosing line becomes current again when the guard is dropped. Where it was left by
/// `return`, `?`, a panic or cancellation, the line that left stays current, so that what the outer locals
/// free on the way out is booked there.
#[derive(Debug)]
pub struct Scope {
    place: Place,
    row: usize,
    done: Cell<bool>,
    begun: Leaving,
}

impl Scope {
    /// The block is being left for the enclosing line.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub fn done(&self) {
        self.done.set(true);
    }
}

impl Drop for Scope {
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    fn drop(&mut self) {
        if self.done.get() && self.place.leaving() == self.begun {
            self.place.resume(self.row);
        }
    }
}

/// Guard that is dropped before the locals of its block: the closing brace's line starts.
#[derive(Debug)]
pub struct End {
    place: Place,
    row: usize,
    begun: Leaving,
}

impl Drop for End {
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    fn drop(&mut self) {
        if self.place.leaving() == self.begun {
            self.place.line(self.row);
        }
    }
}
