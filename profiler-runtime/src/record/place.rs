//! Where the lines of a body are booked: line events, and the guards of blocks.
//!
//! What emitted code calls is inlined in release and out of line in debug, where inlining would
//! compile it, unoptimised, into the user's crate. It is `extern "C"` because such a function
//! never unwinds, and a call that never unwinds needs no landing pad: half of what a debug build
//! would spend on an event.

use core::ptr::{self, NonNull};

use super::ledger::Ledger;
use super::row::{Chunk, Row};
use super::table::Table;
use super::task;

/// Where the lines of a body are booked.
///
/// Its pointers say nothing of what is behind them, which the debug information of every crate
/// with an annotated function would describe otherwise, once per codegen unit.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Place {
    /// The [`Ledger`] of a body that runs to its end on the thread that entered it, or null.
    ledger: *const (),
    /// The [`Chunk`] that goes with the ledger. Without one, the [`Table`] of an async body:
    /// wherever it is polled, the frame that runs there is its own. Null where nothing is measured.
    chunk: *const (),
}

// SAFETY: it leads to ledgers, chunks and tables, which are `Sync` and never freed.
unsafe impl Send for Place {}
// SAFETY: as above.
unsafe impl Sync for Place {}

impl Place {
    #[inline(always)]
    pub(super) const fn new(here: Option<(&'static Ledger, Chunk)>) -> Self {
        let (ledger, chunk) = match here {
            Some((ledger, chunk)) => (ptr::from_ref(ledger).cast(), chunk.as_ptr().cast_const()),
            None => (ptr::null(), ptr::null()),
        };
        Self { ledger, chunk: chunk.cast() }
    }

    /// The place of an async body, which is found anew by each event: right on whatever thread
    /// polls, and `Send`.
    pub(crate) const fn in_task(table: &'static Table) -> Self {
        Self { ledger: ptr::null(), chunk: ptr::from_ref(table).cast() }
    }

    #[inline(always)]
    pub(super) fn here(&self) -> Option<(&'static Ledger, Chunk)> {
        let ledger = NonNull::new(self.ledger.cast_mut())?;
        // SAFETY: where the one is not null, both are what `new` was given, and never freed.
        unsafe { Some((ledger.cast().as_ref(), Chunk::from_non_null(self.chunk))) }
    }

    #[inline(always)]
    fn find(&self) -> Option<(&'static Ledger, Chunk)> {
        self.here().or_else(|| if self.chunk.is_null() { None } else { self.find_task() })
    }

    #[cold]
    #[inline(never)]
    fn find_task(&self) -> Option<(&'static Ledger, Chunk)> {
        // SAFETY: null or a table, which is a static.
        let table = unsafe { self.chunk.cast::<Table>().as_ref() }?;
        let (ledger, chunk) = table.opened()?;
        (ledger.chunk() == Some(chunk)).then_some((ledger, chunk))
    }

    #[inline(always)]
    fn leaving(&self) -> Leaving {
        Leaving {
            panic: std::thread::panicking(),
            cancelled: self.ledger.is_null() && task::is_cancelling(),
        }
    }

    #[inline(always)]
    pub(super) fn start_line(&self, row: usize) {
        if let Some((ledger, chunk)) = self.here() {
            return event(ledger, event_row(chunk, row));
        }
        start_line_of_task(self.chunk, row);
    }

    #[inline(always)]
    fn resume_line(&self, row: usize) {
        if let Some((ledger, chunk)) = self.here() {
            return resume(ledger, event_row(chunk, row));
        }
        resume_line_of_task(self.chunk, row);
    }

    #[inline(always)]
    fn pass_line(&self, outer: usize, row: usize) {
        if let Some((ledger, chunk)) = self.here() {
            return pass(ledger, event_row(chunk, outer), event_row(chunk, row));
        }
        pass_line_of_task(self.chunk, outer, row);
    }

    #[inline(always)]
    pub(super) fn count_iteration(&self, row: usize) {
        if let Some((_, chunk)) = self.find() {
            event_row(chunk, row).runs.add(1);
        }
    }

    #[inline(always)]
    pub(super) fn open_scope(&self, row: usize) -> Scope {
        Scope { place: *self, row, done: false, begun: self.leaving() }
    }

    #[inline(always)]
    pub(super) fn open_end(&self, row: usize) -> End {
        End { place: *self, row, begun: self.leaving() }
    }
}

#[inline(never)]
extern "C" fn start_line_of_task(table: *const (), row: usize) {
    let place = Place { ledger: ptr::null(), chunk: table };
    if let Some((ledger, chunk)) = place.find() {
        event(ledger, event_row(chunk, row));
    }
}

#[inline(never)]
extern "C" fn resume_line_of_task(table: *const (), row: usize) {
    let place = Place { ledger: ptr::null(), chunk: table };
    if let Some((ledger, chunk)) = place.find() {
        resume(ledger, event_row(chunk, row));
    }
}

#[inline(never)]
extern "C" fn pass_line_of_task(table: *const (), outer: usize, row: usize) {
    let place = Place { ledger: ptr::null(), chunk: table };
    if let Some((ledger, chunk)) = place.find() {
        pass(ledger, event_row(chunk, outer), event_row(chunk, row));
    }
}

/// What emitted code calls in an async body.
impl Place {
    /// The line of `row` starts now.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub extern "C" fn line(&self, row: usize) {
        self.start_line(row);
    }

    /// One more occurrence of the header of a loop, which is current.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub extern "C" fn iteration(&self, row: usize) {
        self.count_iteration(row);
    }

    /// The line of `row` goes on, after a nested block that had no need of a guard.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub extern "C" fn resume(&self, row: usize) {
        self.resume_line(row);
    }

    /// The line of `row` runs within that of `outer`, and does nothing that could be booked.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub extern "C" fn pass(&self, outer: usize, row: usize) {
        self.pass_line(outer, row);
    }

    /// A guard for a nested block inside the line of `row`.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    #[must_use]
    pub extern "C" fn scope(&self, row: usize) -> Scope {
        self.open_scope(row)
    }

    /// The same, and the line of `first` starts, that of the block.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    #[must_use]
    pub extern "C" fn scope_line(&self, row: usize, first: usize) -> Scope {
        let scope = self.open_scope(row);
        self.start_line(first);
        scope
    }

    /// A guard that starts the line of `row`, a closing brace, before the locals declared
    /// ahead of it are dropped.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    #[must_use]
    pub extern "C" fn end(&self, row: usize) -> End {
        self.open_end(row)
    }

    /// The same, and the line of `value` starts, that of the block's value.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    #[must_use]
    pub extern "C" fn end_line(&self, row: usize, value: usize) -> End {
        let end = self.open_end(row);
        self.start_line(value);
        end
    }
}

/// How blocks are being left but by their end. What was under way when a block began, as in a
/// destructor, is not leaving it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
struct Leaving {
    panic: bool,
    cancelled: bool,
}

#[inline(always)]
pub(super) fn event_row(chunk: Chunk, row: usize) -> &'static Row {
    // SAFETY: the macro emits a function's rows and its events together: each event's row is
    // below the `rows` that the chunk was reserved with.
    unsafe { chunk.row(row) }
}

#[inline(always)]
fn start(ledger: &Ledger, row: &'static Row) {
    ledger.set_row(row);
    row.runs.add(1);
}

/// The line of `row` starts. In release out of line too: once in a program, and not at every line
/// of it, which would double the program.
#[cfg_attr(debug_assertions, inline(always))]
#[cfg_attr(not(debug_assertions), inline(never))]
pub(super) extern "C" fn event(ledger: &'static Ledger, row: &'static Row) {
    if ledger.is_open() {
        return close_and_start(ledger, row);
    }
    start(ledger, row);
}

/// Calls nothing, but at its end, so that no register has to be saved.
#[inline(never)]
extern "C" fn close_and_start(ledger: &'static Ledger, row: &'static Row) {
    if ledger.close_line_simply() {
        return start(ledger, row);
    }
    complete_and_start(ledger, row);
}

#[inline(never)]
extern "C" fn complete_and_start(ledger: &'static Ledger, row: &'static Row) {
    ledger.close_line();
    start(ledger, row);
}

/// The line of `row` goes on, after a block in it.
#[cfg_attr(debug_assertions, inline(always))]
#[cfg_attr(not(debug_assertions), inline(never))]
pub(super) extern "C" fn resume(ledger: &'static Ledger, row: &'static Row) {
    if ledger.is_open() {
        return close_and_resume(ledger, row);
    }
    ledger.set_row(row);
}

#[inline(never)]
extern "C" fn close_and_resume(ledger: &'static Ledger, row: &'static Row) {
    ledger.close_line();
    ledger.set_row(row);
}

/// The line of `row` starts, and the one of `outer` goes on at once.
#[cfg_attr(debug_assertions, inline(always))]
#[cfg_attr(not(debug_assertions), inline(never))]
pub(super) extern "C" fn pass(ledger: &'static Ledger, outer: &'static Row, row: &'static Row) {
    if ledger.is_open() {
        return close_and_pass(ledger, outer, row);
    }
    row.runs.add(1);
    ledger.note_usage(row);
    ledger.set_row(outer);
}

#[inline(never)]
extern "C" fn close_and_pass(ledger: &'static Ledger, outer: &'static Row, row: &'static Row) {
    ledger.close_line();
    start(ledger, row);
    resume(ledger, outer);
}

/// Guard of a nested block. Where the block was left normally, by `break` or by `continue`, the
/// enclosing line becomes current again when the guard is dropped. Where it was left by
/// `return`, `?`, a panic or cancellation, the line that left stays current, so that what the outer
/// locals free on the way out is booked there.
#[derive(Debug)]
#[repr(C)]
pub struct Scope {
    place: Place,
    row: usize,
    /// Whether the block is being left for the enclosing line.
    pub done: bool,
    begun: Leaving,
}

impl Drop for Scope {
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    fn drop(&mut self) {
        if self.done && self.place.leaving() == self.begun {
            self.place.resume_line(self.row);
        }
    }
}

/// Guard that is dropped before the locals of its block: the closing brace's line starts.
#[derive(Debug)]
#[repr(C)]
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
            self.place.start_line(self.row);
        }
    }
}
