//! All threads: how they begin and end, what they hold together, and who counts for one that has no ledger.

use core::ffi::c_void;
use core::ptr;
use core::sync::atomic::AtomicPtr;

use super::current::{ENDED, QUIET, UNREGISTERED, current_ledger};
use super::kind::Kind;
use super::ledger::Ledger;
use super::published::published;
use super::stand_in::swap_ledger;
use super::thread::Thread;
use super::thread_block::ThreadBlock;
use super::watched;
use crate::process;
use crate::record::memory::{arena, mark};
use crate::record::sync::list::List;

/// All threads' records.
static THREADS: List<Thread> = List::new(AtomicPtr::new(ptr::null_mut()));

/// The records of all threads that ran.
pub(crate) fn all() -> impl Iterator<Item = &'static Thread> {
    THREADS.iter()
}

/// Bytes live in the process: exact when the other threads are at rest.
pub(crate) fn live_bytes() -> i64 {
    published() + all().map(|thread| thread.heap().unpublished()).sum::<i64>()
}

/// The same while other threads publish what they hold: nothing is counted twice, and nothing is left out.
pub(crate) fn consistent_live_bytes() -> i64 {
    const TRIES: usize = 1000;
    let try_once = || {
        let before = published();
        let rest =
            all().map(|thread| thread.heap().consistent_unpublished()).sum::<Option<i64>>()?;
        (published() == before).then_some(before + rest)
    };
    (0..TRIES).find_map(|_| try_once()).unwrap_or_else(live_bytes)
}

/// Bytes and blocks that all threads have allocated. Neither falls.
pub(crate) fn allocated() -> (i64, i64) {
    let of_threads = all().map(|thread| thread.heap().allocated());
    of_threads.fold((0, 0), |sum, of| (sum.0 + of.0, sum.1 + of.1))
}

/// Every ledger that the allocator may come upon.
pub(in crate::record) fn all_ledgers() -> impl Iterator<Item = &'static Ledger> {
    let of_threads = all().flat_map(|thread| [thread.heap(), thread.guard()]);
    [&UNREGISTERED, &ENDED, &QUIET].into_iter().chain(of_threads)
}

/// The record of the calling thread; `None` in [`crate::record::alloc::quiet::Quiet`] and past the thread's end.
#[inline(always)]
pub(crate) fn current() -> Option<&'static Thread> {
    match current_ledger().thread() {
        Some(thread) => Some(thread),
        None => register(),
    }
}

#[cold]
#[inline(never)]
fn register() -> Option<&'static Thread> {
    if !ptr::eq(current_ledger(), &UNREGISTERED) {
        return None;
    }
    let thread = all().find(|thread| thread.in_use.take()).or_else(reserve)?;
    thread.give_up_guarded();
    let ThreadBlock { heap, rss, idle, peak, .. } = thread.block();
    [heap, rss].into_iter().for_each(Ledger::forget_stack);
    peak.raise(heap.rest(idle));
    rss.rest(idle);
    thread.notes.thread_begins();
    if cfg!(feature = "watch") {
        [heap, thread.guard()].into_iter().for_each(watched::refresh);
    }
    mark::thread_begins();
    swap_ledger(heap);
    process::on_thread_exit(retire);
    process::arm(ptr::from_ref(thread).cast_mut().cast());
    Some(thread)
}

fn reserve() -> Option<&'static Thread> {
    let thread = Thread::reserve()?;
    THREADS.push(thread);
    Some(thread)
}

/// Called at the end of the thread, after the destructors of its thread-locals.
unsafe extern "C" fn retire(thread: *mut c_void) {
    // SAFETY: `register` passes a thread's record, which is never freed.
    let Some(thread) = (unsafe { thread.cast::<Thread>().as_ref() }) else { return };
    thread.give_up_guarded();
    swap_ledger(&ENDED);
    watched::thread_ends();
    thread.heap().publish();
    mark::thread_ends();
    thread.in_use.release();
}

/// The ledger on which an operation counts that came in through a special one.
pub(crate) enum Owner {
    Thread(&'static Ledger),
    /// The thread has ended, or memory for a record is out: only the process's total counts it.
    Process,
    Nobody,
}

pub(crate) fn owned_ledger(special: &Ledger) -> Owner {
    if let Some(thread) = special.thread() {
        thread.check_guarded();
        return Owner::Thread(thread.heap());
    }
    if ![&UNREGISTERED, &ENDED].into_iter().any(|counted| ptr::eq(special, counted)) {
        return Owner::Nobody;
    }
    match register() {
        Some(thread) => Owner::Thread(thread.heap()),
        None => Owner::Process,
    }
}

impl Ledger {
    /// Memory in use by the process, in bytes, at the first call of a function: the one reading
    /// that adds up all threads.
    #[cold]
    pub(crate) fn entry_reading(&self) -> i64 {
        match self.kind() {
            Kind::Heap => live_bytes(),
            Kind::Rss | Kind::Special => self.live.get(),
        }
    }
}

impl Thread {
    /// Moves the thread's figures into the recording, if there is one. Only the thread itself calls this,
    /// outside of all annotated functions.
    pub(crate) fn record(&'static self) {
        let old = self.block();
        if !arena::is_recording() || arena::is_recorded(ptr::from_ref(old).cast()) {
            return;
        }
        if let Some(new) = ThreadBlock::reserve(old.number.get()) {
            let taken = new.take_over(old);
            self.set_block(new);
            if cfg!(feature = "watch") {
                watched::refresh(&new.heap);
            }
            swap_ledger(&new.heap);
            new.heap.add_missed(&old.heap, &taken);
            old.abandon();
        }
    }
}
