//! Where the lines of an async body are booked, which may go on on another thread at each `.await`.
//!
//! So it is found anew by each event, and what is `Send` without it is `Send` with it. The twins of
//! what [`super::frame`] and [`super::line`] have for bodies that stay: those pay nothing for this.

use core::ptr;
use std::thread::panicking;

use super::foreign;
use super::line::{event, event_row, pass, resume};
use super::task::is_cancelling;
use crate::record::function::registry::Table;
use crate::record::ledger::ledger::Ledger;
use crate::record::ledger::row::Chunk;

/// Where the lines of an async body are booked: wherever it is polled, the frame that runs there is
/// its own.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Body {
    /// The [`Table`]; as in [`super::line::Place`], the pointer does not say so.
    table: *const (),
}

// SAFETY: it leads to a table, which is `Sync` and never freed.
unsafe impl Send for Body {}
// SAFETY: as above.
unsafe impl Sync for Body {}

impl Body {
    pub(crate) const fn of(table: &'static Table) -> Self {
        Self { table: ptr::from_ref(table).cast() }
    }

    fn here(self) -> Option<(&'static Ledger, Chunk)> {
        // SAFETY: `of` was given it: a static.
        let (ledger, chunk) = unsafe { &*self.table.cast::<Table>() }.opened()?;
        if ledger.chunk() != Some(chunk) {
            return None;
        }
        let handle = foreign::ledger_of_body(ledger)?;
        (ledger.chunk() == Some(chunk)).then_some((handle, chunk))
    }
}

#[inline(never)]
extern "C" fn start_line(body: Body, row: usize) {
    if let Some((ledger, chunk)) = body.here() {
        event(ledger, event_row(chunk, row));
    }
}

#[inline(never)]
extern "C" fn resume_line(body: Body, row: usize) {
    if let Some((ledger, chunk)) = body.here() {
        resume(ledger, event_row(chunk, row));
    }
}

#[inline(never)]
extern "C" fn pass_line(body: Body, outer: usize, row: usize) {
    if let Some((ledger, chunk)) = body.here() {
        pass(ledger, event_row(chunk, outer), event_row(chunk, row));
    }
}

#[inline(never)]
extern "C" fn count_iteration(body: Body, row: usize) {
    if let Some((_, chunk)) = body.here() {
        event_row(chunk, row).runs.add(1);
    }
}

/// What emitted code calls in an async body.
impl Body {
    /// The line of `row` starts now.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub extern "C" fn line(&self, row: usize) {
        start_line(*self, row);
    }

    /// One more occurrence of the header of a loop, which is current.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub extern "C" fn iteration(&self, row: usize) {
        count_iteration(*self, row);
    }

    /// The line of `row` goes on, after a nested block that had no need of a guard.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub extern "C" fn resume(&self, row: usize) {
        resume_line(*self, row);
    }

    /// The line of `row` runs within that of `outer`, and does nothing that could be booked.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub extern "C" fn pass(&self, outer: usize, row: usize) {
        pass_line(*self, outer, row);
    }

    /// A guard for a nested block inside the line of `row`.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    #[must_use]
    pub extern "C" fn scope(&self, row: usize) -> BodyScope {
        BodyScope { body: *self, row, done: false, begun: leaving() }
    }

    /// The same, and the line of `first` starts, that of the block.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    #[must_use]
    pub extern "C" fn scope_line(&self, row: usize, first: usize) -> BodyScope {
        let scope = self.scope(row);
        self.line(first);
        scope
    }

    /// A guard that starts the line of `row`, a closing brace, before the locals declared
    /// ahead of it are dropped.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    #[must_use]
    pub extern "C" fn end(&self, row: usize) -> BodyEnd {
        BodyEnd { body: *self, row, begun: leaving() }
    }

    /// The same, and the line of `value` starts, that of the block's value.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    #[must_use]
    pub extern "C" fn end_line(&self, row: usize, value: usize) -> BodyEnd {
        let end = self.end(row);
        self.line(value);
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

#[inline(never)]
extern "C" fn leaving() -> Leaving {
    Leaving { panic: panicking(), cancelled: is_cancelling() }
}

/// [`super::line::Scope`] in an async body, which is also left by cancellation.
#[derive(Debug)]
#[repr(C)]
pub struct BodyScope {
    body: Body,
    row: usize,
    /// Whether the block is being left for the enclosing line.
    pub done: bool,
    begun: Leaving,
}

impl Drop for BodyScope {
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    fn drop(&mut self) {
        if self.done && leaving() == self.begun {
            resume_line(self.body, self.row);
        }
    }
}

/// [`super::line::End`] in an async body.
#[derive(Debug)]
#[repr(C)]
pub struct BodyEnd {
    body: Body,
    row: usize,
    begun: Leaving,
}

impl Drop for BodyEnd {
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    fn drop(&mut self) {
        if leaving() == self.begun {
            start_line(self.body, self.row);
        }
    }
}
