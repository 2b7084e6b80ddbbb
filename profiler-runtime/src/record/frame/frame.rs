//! One execution of an annotated function or closure.
//!
//! At any moment a thread has one **current row**. A frame that is entered saves the row of its caller.
//! A frame that ends restores it and adds its own totals to it, unless caller and callee share a table,
//! where the bytes are recorded already. This keeps every byte on exactly one line of a table, also
//! under recursion and re-entry.

use core::marker::PhantomData;

use super::events::events;
use super::foreign::{self, Side};
use super::leave;
use super::line::FrameHandle;
use crate::record::function::table::Table;
use crate::record::ledger::current;
use crate::record::ledger::kind::{self, Kind};
use crate::record::ledger::ledger::Ledger;
use crate::record::ledger::row::{Chunk, Row};
use crate::record::ledger::suspend::Rise;
use crate::record::timeline::{open_spans, timeline};

/// One execution of a function or closure. Dropping it closes the last line.
///
/// The state it saved is on the frame stack of its thread.
///
/// PERF: two pointers, which stay in registers: 199 → 157 instructions a call in release, 315 → 293 in
/// debug (an empty function, callgrind).
#[derive(Debug)]
#[repr(C)]
pub struct Frame {
    handle: FrameHandle,
    /// PERF: a struct of three words is returned in memory. Two words come in registers, which
    /// unoptimised code stores and copies, and which takes the compiler longer.
    #[cfg(debug_assertions)]
    _in_memory: usize,
    /// A frame belongs to its thread.
    _stays: PhantomData<*const ()>,
}

impl Frame {
    #[inline(always)]
    fn new(opened: Option<(&'static Ledger, Chunk)>) -> Self {
        Self {
            handle: FrameHandle::new(opened),
            #[cfg(debug_assertions)]
            _in_memory: 0,
            _stays: PhantomData,
        }
    }

    /// A call of the function of `table`. Row 0 counts it and is current.
    #[inline(always)]
    pub(crate) fn call(table: &'static Table) -> Self {
        Self::new(if kind::is_off() { None } else { begin_call(table) })
    }

    /// The same, and `row` is current and starts.
    #[inline(always)]
    pub(crate) fn call_line(table: &'static Table, row: usize) -> Self {
        if row == 0 {
            return Self::call(table);
        }
        let offset = Chunk::offset(row);
        Self::new(if kind::is_off() { None } else { begin_call_line(table, offset) })
    }

    /// Enters `row`, in an execution that has raised memory by `rise` so far.
    #[inline(always)]
    pub(crate) fn at(table: &'static Table, row: usize, rise: Rise) -> Self {
        Self::new(if kind::is_off() { None } else { begin_at(table, row, rise) })
    }

    /// Whether anything is measured in it.
    pub(crate) fn is_measured(&self) -> bool {
        self.handle.here().is_some()
    }

    /// The current row and how far memory was raised, for a task that will go on later.
    pub(crate) fn position(&self) -> Option<(usize, Rise)> {
        let (ledger, chunk) = self.handle.here()?;
        let ledger = foreign::ledger_of(ledger, chunk.as_ptr())?;
        Some((chunk.index_of(ledger.row()), ledger.rise()))
    }
}

/// The functions that emitted code calls to enter.
impl Table {
    /// A frame for one call of the function.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub extern "C" fn enter(&'static self) -> Frame {
        Frame::call(self)
    }

    /// A frame for one call, and its first line event, on `row`.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub extern "C" fn enter_line(&'static self, row: usize) -> Frame {
        Frame::call_line(self, row)
    }

    /// A frame for one call of a closure that starts on `row`.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub extern "C" fn enter_closure(&'static self, row: usize) -> Frame {
        Frame::at(self, row, Rise::default())
    }

    /// A frame for one poll of a task that waits on `row`, and has raised memory by `rise`.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub(crate) extern "C" fn enter_task(&'static self, row: usize, rise: Rise) -> Frame {
        Frame::at(self, row, rise)
    }
}

events!(Frame, self => self.handle, FrameHandle, bool, Scope, End);

impl Drop for Frame {
    // PERF: always inlined: one call with a pointer to the frame, even in an unwinding path, would keep
    // it out of registers everywhere.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn drop(&mut self) {
        if let Some((ledger, chunk)) = self.handle.here() {
            leave(ledger, chunk);
        }
    }
}

/// PERF: out of line in release, with its result in registers: the code is there once, and the frame
/// stays in registers too. Most calls find that nothing has changed since the thread last recorded. On
/// that path no other function is called, so no register has to be saved.
#[cfg_attr(debug_assertions, inline(always))]
#[cfg_attr(not(debug_assertions), inline(never))]
#[cfg_attr(not(debug_assertions), cold)]
fn begin_call(table: &'static Table) -> Option<(&'static Ledger, Chunk)> {
    begin::<false>(table, Chunk::offset(0))
}

#[cfg_attr(debug_assertions, inline(always))]
#[cfg_attr(not(debug_assertions), inline(never))]
#[cfg_attr(not(debug_assertions), cold)]
fn begin_call_line(table: &'static Table, offset: usize) -> Option<(&'static Ledger, Chunk)> {
    begin::<true>(table, offset)
}

/// The row at `offset` starts. A call without a line does not count it twice.
///
/// PERF: a call and its end take 75 instructions; 4 of them look for a foreign stack, 3 for a first call,
/// 4 write and read how the frame ends (cost bench).
#[inline(always)]
fn begin<const LINE: bool>(
    table: &'static Table,
    offset: usize,
) -> Option<(&'static Ledger, Chunk)> {
    let ledger = current::get();
    let Some(chunk) = ledger.find(table) else { return begin_slow(table, offset) };
    // SAFETY: every chunk has a first row, also the one of functions that are not measured.
    let first = unsafe { chunk.row(0) };
    // The first call has more to do, and a function that is not measured is never counted. On another
    // stack the frame is guarded; or the thread is busy, and this is a signal handler.
    if first.runs.get() == 0 || !ledger.is_on_stack() {
        return begin_slow(table, offset);
    }
    // SAFETY: as in `begin_slow`: the function is measured.
    let start = unsafe { chunk.row_from(offset) };
    let length = ledger.set_busy();
    let has_entered = ledger.enter_unchanged(chunk, start);
    ledger.end_work(length);
    if !has_entered {
        return begin_slow(table, offset);
    }
    first.runs.add(1);
    if LINE {
        start.runs.add(1);
    }
    Some((ledger, chunk))
}

#[inline(never)]
fn begin_slow(table: &'static Table, offset: usize) -> Option<(&'static Ledger, Chunk)> {
    let (ledger, chunk) = table.open()?;
    if ledger.is_busy() {
        return None;
    }
    // SAFETY: the macro emits a function's rows and this call together: the row is one of them,
    // of which there is at least one.
    let (first, start) = unsafe { (chunk.row(0), chunk.row_from(offset)) };
    let may_skip = ledger.kind() == Kind::Rss && first.runs.get() > 0;
    if may_skip && has_entered_unread(ledger, chunk, start) {
        first.runs.add(1);
        if offset != Chunk::offset(0) {
            start.runs.add(1);
        }
        return Some((ledger, chunk));
    }
    let side = foreign::begin(table, ledger);
    let _busy = ledger.begin_work()?;
    let is_unchanged =
        side == Side::Own && first.runs.get() > 0 && ledger.enter_after_callee(chunk, start);
    if !is_unchanged && side != Side::Coroutine {
        ledger.enter(chunk, start, Rise::default())?;
    }
    let call = first.runs.add(1);
    if offset != Chunk::offset(0) && side != Side::Coroutine {
        start.runs.add(1);
    }
    if call == 1 {
        table.note_entry(ledger.entry_reading());
    }
    if side == Side::Coroutine {
        return None;
    }
    if !is_unchanged {
        open_spans::entered(ledger, chunk, call);
    }
    Some((foreign::handle(ledger, side), chunk))
}

/// Enters with `rss`, where no reading is due and no span begins, on the stack of the thread. Whether that was so.
#[inline(always)]
fn has_entered_unread(ledger: &'static Ledger, chunk: Chunk, row: &'static Row) -> bool {
    if timeline::is_on() || !current::get().is_on_stack() {
        return false;
    }
    let length = ledger.set_busy();
    let has_entered = ledger.enter_unread(chunk, row);
    ledger.end_work(length);
    has_entered
}

/// The same for the end of a frame.
#[inline(always)]
fn has_left_unread(handle: &'static Ledger, chunk: Chunk) -> bool {
    if timeline::is_on() {
        return false;
    }
    let length = handle.set_busy();
    let has_left = handle.leave_unread(chunk);
    handle.end_work(length);
    has_left
}

#[cfg_attr(debug_assertions, inline(always))]
#[cfg_attr(not(debug_assertions), inline(never))]
#[cfg_attr(not(debug_assertions), cold)]
fn begin_at(table: &'static Table, row: usize, rise: Rise) -> Option<(&'static Ledger, Chunk)> {
    let (ledger, chunk) = table.open()?;
    if ledger.is_busy() {
        return None;
    }
    let row = chunk.row_clamped(row);
    let may_skip = ledger.kind() == Kind::Rss && rise == Rise::default();
    if may_skip && has_entered_unread(ledger, chunk, row) {
        return Some((ledger, chunk));
    }
    let side = foreign::begin(table, ledger);
    if side == Side::Coroutine {
        return None;
    }
    let _busy = ledger.begin_work()?;
    ledger.enter(chunk, row, rise)?;
    Some((foreign::handle(ledger, side), chunk))
}

#[cfg_attr(debug_assertions, inline(always))]
#[cfg_attr(not(debug_assertions), inline(never))]
#[cfg_attr(not(debug_assertions), cold)]
extern "C" fn leave(ledger: &'static Ledger, chunk: Chunk) {
    if ledger.needs_closing() {
        return leave_slow(ledger, chunk);
    }
    // Before the entry is looked at: a handler may have to mark it.
    let length = ledger.set_busy();
    // SAFETY: this is the end of a frame, which was put there.
    let has_left = unsafe { ledger.leave_unchanged(chunk) };
    ledger.end_work(length);
    if !has_left {
        leave_slow(ledger, chunk);
    }
}

#[inline(never)]
extern "C" fn leave_slow(handle: &'static Ledger, chunk: Chunk) {
    if !handle.is_usual() {
        if handle.kind() != Kind::Rss || !has_left_unread(handle, chunk) {
            foreign::end(handle, chunk);
        }
        return;
    }
    let length = handle.set_busy();
    leave::end(handle, chunk);
    handle.end_work(length);
}
