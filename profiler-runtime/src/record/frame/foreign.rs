//! Frames on stacks that are not their thread's own.
//!
//! A frame on the stack of its thread ends before its caller goes on. On another stack the same may hold,
//! as in a signal handler with a stack of its own, or where a deep recursion has grown a second one. But
//! it may also be a coroutine, which is left in the middle and goes on later, perhaps on another thread.
//! The two look alike. So such a frame is **guarded**: its handle leads to a ledger that stands in for the
//! thread's own. There each line and each block goes through the slow functions, which ask whether the
//! frame still runs. If it does not, the process has coroutines: all guarded frames are given up, their
//! functions say so, and none is measured on such a stack any more. Their memory is then on the line
//! that has resumed them.
//!
//! Guarded frames lie above all others of a thread: meeting one from the thread's own stack proves a
//! coroutine.

use core::sync::atomic::{
    AtomicBool,
    Ordering::{Relaxed, SeqCst},
    fence,
};

use super::leave;
use super::own_stack::{forget_stack, is_elsewhere, is_inside};
use crate::record::function::registry;
use crate::record::function::table::Table;
use crate::record::ledger::kind::Kind;
use crate::record::ledger::ledger::Ledger;
use crate::record::ledger::row::Chunk;
use crate::record::ledger::thread::{Guards, Thread};
use crate::record::ledger::threads;
use crate::record::timeline::timeline;

/// Whether a frame was left in the middle.
static HAS_COROUTINES: AtomicBool = AtomicBool::new(false);

/// How the thread checks and gives up its guarded frames and measures.
pub(super) static GUARDS: Guards = Guards { check, give_up: give_up_all };

/// On what stack a frame begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::record) enum Side {
    Own,
    Foreign,
    /// Perhaps on a coroutine's stack: not measured.
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
    ledger.guard_innermost();
    thread.stand_in(&GUARDS);
    // A thread that finds the first coroutine just now sees this frame, or its finding is seen here.
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
    let thread = threads::current()?;
    let active = thread.active()?;
    if !HAS_COROUTINES.load(Relaxed)
        && let Some(begun) = active.guarded()
        && active.chunk().is_some_and(|chunk| chunk.contains(address))
        && is_inside(thread, begun)
    {
        return Some(active);
    }
    note_coroutines();
    give_up_guarded(active);
    None
}

/// The same for an async body, whose frame belongs to the poll.
pub(in crate::record) fn ledger_of_body(ledger: &'static Ledger) -> Option<&'static Ledger> {
    let thread = ledger.thread()?;
    if ledger.guarded().is_none() {
        // On a coroutine it has no frame; the frame on the thread's own stack may be of the same function.
        let is_measured = !HAS_COROUTINES.load(Relaxed) || !is_elsewhere(thread);
        return is_measured.then_some(ledger);
    }
    check(thread);
    ledger.guarded().is_some().then(|| thread.guard())
}

/// A frame ends whose ledger has more to do.
#[inline(never)]
pub(in crate::record) fn end(handle: &'static Ledger, chunk: Chunk) {
    let Some(ledger) = ledger_of(handle, chunk.as_ptr()) else { return };
    let _busy = ledger.begin_work();
    let begun = ledger.guarded();
    leave::end(ledger, chunk);
    if let Some(begun) = begun
        && let Some(thread) = ledger.thread()
    {
        forget_stack(thread, begun);
        if ledger.guarded().is_none() {
            release(ledger, thread);
        }
    }
}

fn release(ledger: &Ledger, thread: &'static Thread) {
    ledger.end_guard(timeline::is_on());
    stand_down(thread);
}

/// Where nothing is guarded, the allocator of the thread need not ask any more.
pub(in crate::record) fn stand_down(thread: &'static Thread) {
    let is_guarded = thread.active().is_some_and(|ledger| ledger.guarded().is_some());
    if !is_guarded && thread.measured.guarded().is_none() {
        thread.stand_down();
    }
}

/// Gives up the guarded frames and measures of the thread, unless the running code is inside them.
pub(in crate::record) fn check(thread: &'static Thread) {
    if let Some(begun) = thread.measured.guarded()
        && !is_inside(thread, begun)
    {
        give_up_measures(thread);
    }
    let Some(ledger) = thread.active() else { return };
    if ledger.is_busy() {
        return;
    }
    match ledger.guarded() {
        Some(begun) if HAS_COROUTINES.load(Relaxed) || !is_inside(thread, begun) => {
            give_up_guarded(ledger);
        }
        Some(_) => {}
        None => stand_down(thread),
    }
}

/// The thread ends, or takes over the record of one that ended in the middle.
fn give_up_all(thread: &'static Thread) {
    give_up_measures(thread);
    if let Some(ledger) = thread.active() {
        give_up_guarded(ledger);
    }
}

/// The caller is not inside of the innermost guarded measure, if there is one.
pub(in crate::record) fn give_up_measures(thread: &'static Thread) {
    let measured = &thread.measured;
    if measured.guarded().is_none() {
        return;
    }
    measured.begun.set(0);
    let (frames, heap) = (thread.frames_ledger(), thread.heap());
    // They have lowered the mark of the frame that they were in.
    if frames.depth() as i64 > measured.depth.get() {
        give_up_guarded(frames);
    }
    heap.raise_frame_peak(measured.peak.get());
    stand_down(thread);
}

/// The caller is not inside of the guarded frames of the ledger, if there are any.
pub(in crate::record) fn give_up_guarded(ledger: &'static Ledger) {
    if ledger.guarded().is_some() {
        give_up(ledger);
    }
}

/// For the recording they end here. All that was recorded up to here has happened in them.
#[cold]
fn give_up(ledger: &'static Ledger) {
    note_coroutines();
    let _busy = ledger.begin_work();
    while ledger.guarded().is_some()
        && let Some(chunk) = ledger.chunk()
    {
        registry::note_coroutine(chunk.table.get());
        leave::end(ledger, chunk);
    }
    if let Some(thread) = ledger.thread() {
        thread.set_known_stack(0..0);
        release(ledger, thread);
    }
}

/// From now on no frame is measured on a foreign stack, and on any thread those that are end.
fn note_coroutines() {
    if HAS_COROUTINES.swap(true, SeqCst) {
        return;
    }
    // As in `guard`.
    fence(SeqCst);
    for ledger in threads::all().filter_map(Thread::active) {
        ledger.guarded_chunks().for_each(|chunk| registry::note_coroutine(chunk.table.get()));
    }
}

impl Chunk {
    /// Whether this is the address of its header, or of one of its rows.
    fn contains(self, address: usize) -> bool {
        let start = self.as_ptr().addr();
        (start..start + Self::offset(self.rows())).contains(&address)
    }
}
