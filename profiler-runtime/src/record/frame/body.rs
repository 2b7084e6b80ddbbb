//! Where the lines of an async body are recorded, which may go on on another thread at each `.await`.
//!
//! Each event looks up its frame, so a body holds no pointer to it and stays `Send`. Bodies that stay on
//! their thread ([`super::line`]) pay nothing for this.
//!
//! PERF: with one type for both, serde_json's tests with the attribute on every function took 2.8 of 43
//! million instructions more (callgrind).

use core::ptr;
use std::thread::panicking;

use super::events::events;
use super::foreign;
use super::line::{event, event_row, pass, resume};
use super::task::is_cancelling;
use crate::record::function::table::Table;
use crate::record::ledger::ledger::Ledger;
use crate::record::ledger::row::Chunk;

/// Where an async body records its lines: wherever it is polled, the frame that runs there is its own.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Body {
    /// The [`Table`]; as in [`super::line::FrameHandle`], an opaque pointer.
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

impl Table {
    /// Where an async body records: nothing is opened, [`super::task::Task`] does that.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub extern "C" fn task_frame(&'static self) -> Body {
        Body::of(self)
    }
}

/// The work of its events and guards, compiled once for a program.
impl Body {
    #[inline(never)]
    extern "C" fn start_line(self, row: usize) {
        if let Some((ledger, chunk)) = self.here() {
            event(ledger, event_row(chunk, row));
        }
    }

    #[inline(never)]
    extern "C" fn resume_line(self, row: usize) {
        if let Some((ledger, chunk)) = self.here() {
            resume(ledger, event_row(chunk, row));
        }
    }

    #[inline(never)]
    extern "C" fn pass_line(self, outer: usize, row: usize) {
        if let Some((ledger, chunk)) = self.here() {
            pass(ledger, event_row(chunk, outer), event_row(chunk, row));
        }
    }

    #[inline(never)]
    extern "C" fn count_iteration(self, row: usize) {
        if let Some((_, chunk)) = self.here() {
            event_row(chunk, row).runs.add(1);
        }
    }

    #[inline(never)]
    extern "C" fn leaving(self) -> Leaving {
        Leaving { panic: panicking(), cancelled: is_cancelling() }
    }

    #[inline(never)]
    extern "C" fn start_unless_left(self, row: usize, begun: Leaving) {
        if self.leaving() == begun {
            self.start_line(row);
        }
    }

    #[inline(never)]
    extern "C" fn resume_unless_left(self, row: usize, begun: Leaving) {
        if self.leaving() == begun {
            self.resume_line(row);
        }
    }
}

/// In which ways other than by their end blocks are being left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
struct Leaving {
    panic: bool,
    cancelled: bool,
}

events!(Body, self => *self, Body, Leaving, BodyScope, BodyEnd);
