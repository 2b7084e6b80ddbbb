//! Where a function records on the calling thread.

use core::mem;
use core::ptr;
use core::sync::atomic::{
    AtomicPtr,
    Ordering::{Acquire, Release},
};

use crate::record::function::table::{Function, Table};
use crate::record::ledger::current;
use crate::record::ledger::kind;
use crate::record::ledger::ledger::Ledger;
use crate::record::ledger::row::Chunk;
use crate::record::ledger::thread::Thread;
use crate::record::ledger::threads;

/// Which functions are measured; the session's filter.
pub(crate) type Filter = fn(&Function) -> bool;

static FILTER: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

pub(crate) fn set_filter(filter: Filter) {
    FILTER.store(filter as *mut (), Release);
}

/// Where a function records on one thread.
type Opened = (&'static Ledger, Chunk);

fn is_measured((_, chunk): &Opened) -> bool {
    !chunk.is_skipped()
}

impl Table {
    /// The ledger and the rows to record on; `None` when nothing is to be measured.
    #[inline(always)]
    pub(crate) fn open(&'static self) -> Option<Opened> {
        self.find().or_else(|| self.open_first()).filter(is_measured)
    }

    /// The same for a function that this thread has called before.
    pub(in crate::record) fn opened(&'static self) -> Option<Opened> {
        self.find().filter(is_measured)
    }

    /// The result of an earlier call on this thread, which may be that the function is not measured.
    fn find(&'static self) -> Option<Opened> {
        let ledger = current::get();
        if let Some(chunk) = ledger.find(self) {
            return Some((ledger, chunk));
        }
        let thread = ledger.thread()?;
        Some((thread.active()?, thread.chunk(self)?))
    }

    /// The first call of the function on this thread.
    #[cold]
    #[inline(never)]
    fn open_first(&'static self) -> Option<Opened> {
        if kind::is_unknown() {
            (self.2)();
        }
        let kind = kind::chosen()?;
        let thread = threads::current()?;
        let _busy = thread.heap().begin_work()?;
        thread.record();
        // If the thread has another ledger by now.
        let _busy_too = thread.heap().begin_work();
        thread.use_ledger(kind);
        let chunk = thread.chunk(self).or_else(|| thread.add_chunk(self, self.reserve(thread)?))?;
        Some((thread.ledger(kind), chunk))
    }

    /// New rows for this thread.
    fn reserve(&'static self, thread: &Thread) -> Option<Chunk> {
        if !self.is_wanted() {
            return Some(Chunk::skipped());
        }
        let entry = self.registered()?;
        Chunk::reserve(entry.number.get(), thread.number(), entry.rows.get() as usize)
    }

    fn is_wanted(&'static self) -> bool {
        let filter = FILTER.load(Acquire);
        if filter.is_null() {
            return true;
        }
        // SAFETY: `set_filter` is the only writer, and function pointers are pointers on every
        // target that std supports.
        let filter = unsafe { mem::transmute::<*mut (), Filter>(filter) };
        filter(&self.function())
    }
}
