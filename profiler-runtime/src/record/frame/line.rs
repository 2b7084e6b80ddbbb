//! Where the lines of a frame are recorded: line events.

use core::ptr::{self, NonNull};
use std::thread::panicking;

use super::foreign;
use crate::record::ledger::ledger::Ledger;
use crate::record::ledger::row::{Chunk, Row};

/// Where a body records its lines that runs to its end on the thread that entered it.
///
/// Its pointers are opaque: otherwise the debug information of every crate with an annotated function
/// would describe the types behind them, once per codegen unit.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(in crate::record) struct FrameHandle {
    /// The [`Ledger`], or null where nothing is measured.
    ledger: *const (),
    /// The frame's [`Chunk`].
    chunk: *const (),
}

impl FrameHandle {
    #[inline(always)]
    pub(in crate::record) const fn new(here: Option<(&'static Ledger, Chunk)>) -> Self {
        let (ledger, chunk) = match here {
            Some((ledger, chunk)) => (ptr::from_ref(ledger).cast(), chunk.as_ptr().cast_const()),
            None => (ptr::null(), ptr::null()),
        };
        Self { ledger, chunk: chunk.cast() }
    }

    #[inline(always)]
    pub(in crate::record) fn here(&self) -> Option<(&'static Ledger, Chunk)> {
        let ledger = NonNull::new(self.ledger.cast_mut())?;
        // SAFETY: where the one is not null, both are what `new` was given, and never freed.
        unsafe { Some((ledger.cast().as_ref(), Chunk::from_non_null(self.chunk))) }
    }

    #[inline(always)]
    pub(in crate::record) fn start_line(&self, row: usize) {
        if let Some((ledger, chunk)) = self.here() {
            event(ledger, event_row(chunk, row));
        }
    }

    #[inline(always)]
    pub(in crate::record) fn resume_line(&self, row: usize) {
        if let Some((ledger, chunk)) = self.here() {
            resume(ledger, event_row(chunk, row));
        }
    }

    #[inline(always)]
    pub(in crate::record) fn pass_line(&self, outer: usize, row: usize) {
        if let Some((ledger, chunk)) = self.here() {
            pass(ledger, event_row(chunk, outer), event_row(chunk, row));
        }
    }

    #[inline(always)]
    pub(in crate::record) fn count_iteration(&self, row: usize) {
        if let Some((_, chunk)) = self.here() {
            event_row(chunk, row).runs.add(1);
        }
    }

    /// Whether a block that ends now is left by a panic, unless it began in one.
    #[inline(always)]
    pub(in crate::record) fn leaving(&self) -> bool {
        self.here().is_some() && panicking()
    }

    /// The line of `row` starts, unless a panic leaves the block that `begun` belongs to.
    #[inline(always)]
    pub(in crate::record) fn start_unless_left(&self, row: usize, begun: bool) {
        if let Some((ledger, chunk)) = self.here() {
            event_unless_left(ledger, event_row(chunk, row), begun);
        }
    }

    /// The line of `row` goes on, with the same exception.
    #[inline(always)]
    pub(in crate::record) fn resume_unless_left(&self, row: usize, begun: bool) {
        if let Some((ledger, chunk)) = self.here() {
            resume_unless_left(ledger, event_row(chunk, row), begun);
        }
    }
}

#[inline(always)]
pub(in crate::record) fn event_row(chunk: Chunk, row: usize) -> &'static Row {
    // SAFETY: the macro emits a function's rows and its events together: each event's row is
    // below the `rows` that the chunk was reserved with.
    unsafe { chunk.row(row) }
}

#[inline(always)]
fn start(ledger: &Ledger, row: &'static Row) {
    ledger.set_row(row);
    row.runs.add(1);
}

/// The line of `row` starts.
///
/// PERF: out of line in release too, 8 instructions. Inlined it would be 7 instructions an event instead
/// of 10 (cost bench), but be in the program as often as it has lines: the code of petgraph's tests grew
/// by 1,009 KiB instead of 673.
///
/// PERF: cold, as all that emitted code calls, so values stay in registers around a call that is not made. With
/// `MEM_PROFILE=off`, pulldown-cmark takes × 1.25 ← × 1.46 the time and zopfli × 1.25 ← × 1.44; measured, it takes
/// no more than before.
#[cfg_attr(debug_assertions, inline(always))]
#[cfg_attr(not(debug_assertions), inline(never))]
#[cfg_attr(not(debug_assertions), cold)]
pub(in crate::record) extern "C" fn event(ledger: &'static Ledger, row: &'static Row) {
    if ledger.needs_closing() {
        return close_and_start(ledger, row);
    }
    start(ledger, row);
}

#[cfg_attr(debug_assertions, inline(always))]
#[cfg_attr(not(debug_assertions), inline(never))]
#[cfg_attr(not(debug_assertions), cold)]
extern "C" fn event_unless_left(ledger: &'static Ledger, row: &'static Row, begun: bool) {
    if panicking() == begun {
        event(ledger, row);
    }
}

/// PERF: calls another function only at its end, so no register has to be saved: 86 → 65 instructions for
/// an event after an allocation or a free (cost bench).
#[inline(never)]
extern "C" fn close_and_start(ledger: &'static Ledger, row: &'static Row) {
    if ledger.is_usual() {
        let length = ledger.set_busy();
        let is_closed = ledger.close_line_simply();
        if is_closed {
            start(ledger, row);
        }
        ledger.end_work(length);
        if is_closed {
            return;
        }
    } else if ledger.skips_reading(row) {
        return start(ledger, row);
    }
    complete_and_start(ledger, row);
}

#[inline(never)]
extern "C" fn complete_and_start(ledger: &'static Ledger, row: &'static Row) {
    let Some(ledger) = foreign::ledger_of(ledger, row) else { return };
    let length = ledger.set_busy();
    ledger.close_line(row);
    start(ledger, row);
    ledger.end_work(length);
}

/// The line of `row` goes on, after a block in it.
#[cfg_attr(debug_assertions, inline(always))]
#[cfg_attr(not(debug_assertions), inline(never))]
#[cfg_attr(not(debug_assertions), cold)]
pub(in crate::record) extern "C" fn resume(ledger: &'static Ledger, row: &'static Row) {
    if ledger.needs_closing() {
        return close_and_resume(ledger, row);
    }
    ledger.set_row(row);
}

#[cfg_attr(debug_assertions, inline(always))]
#[cfg_attr(not(debug_assertions), inline(never))]
#[cfg_attr(not(debug_assertions), cold)]
extern "C" fn resume_unless_left(ledger: &'static Ledger, row: &'static Row, begun: bool) {
    if panicking() == begun {
        resume(ledger, row);
    }
}

#[inline(never)]
extern "C" fn close_and_resume(ledger: &'static Ledger, row: &'static Row) {
    if ledger.skips_reading(row) {
        return ledger.set_row(row);
    }
    let Some(ledger) = foreign::ledger_of(ledger, row) else { return };
    let length = ledger.set_busy();
    ledger.close_line(row);
    ledger.set_row(row);
    ledger.end_work(length);
}

/// The line of `row` starts, and the line of `outer` goes on at once.
#[cfg_attr(debug_assertions, inline(always))]
#[cfg_attr(not(debug_assertions), inline(never))]
#[cfg_attr(not(debug_assertions), cold)]
pub(in crate::record) extern "C" fn pass(
    ledger: &'static Ledger,
    outer: &'static Row,
    row: &'static Row,
) {
    if ledger.needs_closing() {
        return close_and_pass(ledger, outer, row);
    }
    row.runs.add(1);
    ledger.note_usage(row);
    ledger.set_row(outer);
}

#[inline(never)]
extern "C" fn close_and_pass(ledger: &'static Ledger, outer: &'static Row, row: &'static Row) {
    if ledger.skips_reading(row) {
        start(ledger, row);
        return close_and_resume(ledger, outer);
    }
    let Some(ledger) = foreign::ledger_of(ledger, row) else { return };
    let length = ledger.set_busy();
    ledger.close_line(row);
    start(ledger, row);
    ledger.close_line(outer);
    ledger.set_row(outer);
    ledger.end_work(length);
}
