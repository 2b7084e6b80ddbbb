//! Frames on stacks that are not their thread's own.
//!
//! A frame on the stack of its thread ends before its caller goes on. On another stack that may be so
//! too, as in a signal handler with a stack of its own, or where a deep recursion has grown a second
//! one. But it may also be a coroutine, which is left in the middle and goes on later, perhaps on
//! another thread. Nobody says which. So such a frame is **guarded**: its handle leads to a ledger that
//! stands in for the thread's own. There each line and each block goes by the slow functions, which ask
//! whether the frame still runs. When it does not, the process has coroutines: all guarded frames are
//! given up, their functions say so, and none is measured on such a stack any more. Their memory is
//! then on the line that has resumed them.
//!
//! Guarded frames lie above all others of a thread: whoever comes upon one from the thread's own stack
//! has found a coroutine.

use core::ops::ControlFlow;
use core::sync::atomic::{
    AtomicBool,
    Ordering::{Relaxed, SeqCst},
    fence,
};

use super::frame;
use super::measure;
use crate::process;
use crate::record::function::registry::{self, Table};
use crate::record::ledger::ledger::{CHANGED, GUARDED, Kind, Ledger, PLAIN, SPANS};
use crate::record::ledger::row::Chunk;
use crate::record::ledger::thread::{self, Thread};
use crate::record::timeline::timeline;

/// Whether a frame was left in the middle.
static HAS_COROUTINES: AtomicBool = AtomicBool::new(false);

/// Nearer to each other are no two frames on different stacks, because a page without access is between
/// these. The callees of a function see the stack pointer nearer than this to where its frame began.
const NEAR: usize = 4096;

/// A caller that is further away may be on another stack.
const LARGEST_FRAME: usize = 4 * NEAR;

/// The number of callers that are looked at.
const MOST_CALLERS: usize = 1024;

/// On what stack a frame begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::record) enum Side {
    Own,
    Foreign,
    /// On a coroutine's stack, as far as is known: it is not measured.
    Coroutine,
}

/// A frame of the function begins.
#[inline(always)]
pub(in crate::record) fn begin(table: &'static Table, ledger: &'static Ledger) -> Side {
    if ledger.is_usual() && ledger.is_on_stack() { Side::Own } else { find_side(table, ledger) }
}

#[inline(never)]
fn find_side(table: &'static Table, ledger: &'static Ledger) -> Side {
    let Some(thread) = ledger.thread() else { return Side::Own };
    if !is_elsewhere(thread) {
        give_up_guarded(ledger);
        return Side::Own;
    }
    check(thread);
    if HAS_COROUTINES.load(Relaxed) {
        table.note_coroutine();
        return Side::Coroutine;
    }
    Side::Foreign
}

/// The ledger to which the handle of the last entered frame leads.
#[inline(always)]
pub(in crate::record) fn handle(ledger: &'static Ledger, side: Side) -> &'static Ledger {
    if side == Side::Foreign { guard(ledger) } else { ledger }
}

#[inline(never)]
fn guard(ledger: &'static Ledger) -> &'static Ledger {
    let Some(thread) = ledger.thread() else { return ledger };
    ledger.complete();
    ledger.stack.guard(process::stack_pointer());
    if ledger.kind() == Kind::Heap {
        ledger.mode.set(GUARDED);
        ledger.notable.set(CHANGED);
    }
    thread.stand_in();
    // Either this is seen by who finds the first coroutine just now, or that is seen here.
    fence(SeqCst);
    if HAS_COROUTINES.load(Relaxed) {
        give_up_guarded(ledger);
    }
    thread.guard()
}

/// The ledger for a line event, or the end of a frame, with a row or a header at this address;
/// `None` where the frame was given up.
#[inline(always)]
pub(in crate::record) fn ledger_of<T>(
    ledger: &'static Ledger,
    address: *const T,
) -> Option<&'static Ledger> {
    if ledger.is_usual() { Some(ledger) } else { find_ledger(ledger, address.addr()) }
}

#[inline(never)]
fn find_ledger(ledger: &'static Ledger, address: usize) -> Option<&'static Ledger> {
    if ledger.kind() != Kind::Special {
        give_up_guarded(ledger);
        return Some(ledger);
    }
    let thread = thread::current()?;
    let active = thread.active()?;
    if !HAS_COROUTINES.load(Relaxed)
        && let Some(begun) = active.stack.guarded()
        && active.stack.chunk().is_some_and(|chunk| chunk.contains(address))
        && is_inside(thread, begun)
    {
        return Some(active);
    }
    note_coroutines();
    give_up_guarded(active);
    None
}

/// The same for an async body, whose frame is the poll's.
pub(in crate::record) fn ledger_of_body(ledger: &'static Ledger) -> Option<&'static Ledger> {
    let thread = ledger.thread()?;
    if ledger.stack.guarded().is_none() {
        // On a coroutine it has no frame; that on the thread's own stack may be of the same function.
        let is_measured = !HAS_COROUTINES.load(Relaxed) || !is_elsewhere(thread);
        return is_measured.then_some(ledger);
    }
    check(thread);
    ledger.stack.guarded().is_some().then(|| thread.guard())
}

/// A frame ends whose ledger has more to do.
#[inline(never)]
pub(in crate::record) fn end(handle: &'static Ledger, chunk: Chunk) {
    let Some(ledger) = ledger_of(handle, chunk.as_ptr()) else { return };
    let _busy = ledger.begin_work();
    let begun = ledger.stack.guarded();
    frame::end(ledger, chunk);
    if let Some(begun) = begun
        && let Some(thread) = ledger.thread()
    {
        forget_stack(thread, begun);
        if ledger.stack.guarded().is_none() {
            release(ledger, thread);
        }
    }
}

fn release(ledger: &Ledger, thread: &'static Thread) {
    if ledger.kind() == Kind::Heap {
        ledger.mode.set(if timeline::is_on() { SPANS } else { PLAIN });
    }
    stand_down(thread);
}

/// The allocator of the thread need not ask any more, where nothing is guarded.
pub(in crate::record) fn stand_down(thread: &'static Thread) {
    let is_guarded = thread.active().is_some_and(|ledger| ledger.stack.guarded().is_some());
    if !is_guarded && thread.measured.guarded().is_none() {
        thread.stand_down();
    }
}

/// The frame that began there has ended: the bounds of the stack from there on may be out of date.
pub(in crate::record) fn forget_stack(thread: &Thread, begun: usize) {
    if thread.known_stack().end <= begun + 1 {
        thread.set_known_stack(0..0);
    }
}

/// Gives the guarded frames and measures of the thread up where what runs on it now is not inside of them.
pub(in crate::record) fn check(thread: &'static Thread) {
    if let Some(begun) = thread.measured.guarded()
        && !is_inside(thread, begun)
    {
        measure::give_up(thread);
    }
    let Some(ledger) = thread.active() else { return };
    if ledger.is_busy() {
        return;
    }
    match ledger.stack.guarded() {
        Some(begun) if HAS_COROUTINES.load(Relaxed) || !is_inside(thread, begun) => {
            give_up_guarded(ledger);
        }
        Some(_) => {}
        None => stand_down(thread),
    }
}

/// The thread ends, or begins with the record of one that has ended without a word.
pub(in crate::record) fn give_up_all(thread: &'static Thread) {
    measure::give_up(thread);
    if let Some(ledger) = thread.active() {
        give_up_guarded(ledger);
    }
}

/// The caller is not inside of the guarded frames of the ledger, if there are any.
pub(in crate::record) fn give_up_guarded(ledger: &'static Ledger) {
    if ledger.stack.guarded().is_some() {
        give_up(ledger);
    }
}

/// The recording ends them here. All that was recorded up to here has happened in them.
#[cold]
fn give_up(ledger: &'static Ledger) {
    note_coroutines();
    let _busy = ledger.begin_work();
    while ledger.stack.guarded().is_some()
        && let Some(chunk) = ledger.stack.chunk()
    {
        registry::note_coroutine(chunk.table.get());
        frame::end(ledger, chunk);
    }
    if let Some(thread) = ledger.thread() {
        thread.set_known_stack(0..0);
        release(ledger, thread);
    }
}

/// From now on no frame is measured on a foreign stack. Those that are, on any thread, do not go on.
fn note_coroutines() {
    if HAS_COROUTINES.swap(true, SeqCst) {
        return;
    }
    // As in `guard`.
    fence(SeqCst);
    for ledger in thread::all().filter_map(Thread::active) {
        ledger.stack.guarded_chunks().for_each(|chunk| registry::note_coroutine(chunk.table.get()));
    }
}

impl Ledger {
    /// Whether the running code is on the stack of the thread, as far as that is known.
    #[inline(always)]
    pub(in crate::record) fn is_on_stack(&self) -> bool {
        let place = process::stack_pointer() as i64;
        place.wrapping_sub(self.stack_start.get()) as u64 <= self.stack_length.get() as u64
    }
}

/// Whether the running code is on another stack.
pub(in crate::record) fn is_elsewhere(thread: &'static Thread) -> bool {
    // Calls look there.
    let ledger = thread.ledger(Kind::Heap);
    if ledger.is_on_stack() {
        return false;
    }
    if ledger.stack_length.get() == 0 {
        // If it is not known, every address counts as its own.
        let own = process::own_stack().unwrap_or(0..usize::MAX);
        ledger.stack_start.set(own.start as i64);
        ledger.stack_length.set((own.end - own.start) as i64);
    }
    !ledger.is_on_stack()
}

/// Whether the running code was called by the innermost guarded frame, which began there.
fn is_inside(thread: &'static Thread, begun: usize) -> bool {
    let place = process::stack_pointer();
    let known = thread.known_stack();
    if place.abs_diff(begun) <= NEAR || known.contains(&place) && known.contains(&begun) {
        return true;
    }
    is_elsewhere(thread) && was_called_by(thread, begun, place)
}

/// The same by all callers, of which the stack up to there is known then.
#[cold]
#[inline(never)]
fn was_called_by(thread: &'static Thread, begun: usize, place: usize) -> bool {
    let (mut is_found, mut is_one_stack, mut last, mut count) = (false, true, place, 0);
    process::callers(&mut |caller| {
        is_one_stack &= caller.wrapping_sub(last) <= LARGEST_FRAME;
        last = caller;
        count += 1;
        is_found = caller.abs_diff(begun) <= NEAR;
        match is_found || count == MOST_CALLERS {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    if is_found && is_one_stack {
        let known = thread.known_stack();
        let end = if known.contains(&begun) { known.end } else { begun + 1 };
        thread.set_known_stack(place..end);
    }
    is_found
}

impl Chunk {
    /// Whether this is the address of its header, or of one of its rows.
    fn contains(self, address: usize) -> bool {
        let start = self.as_ptr().addr();
        (start..start + Self::offset(self.rows.get() as usize)).contains(&address)
    }
}
