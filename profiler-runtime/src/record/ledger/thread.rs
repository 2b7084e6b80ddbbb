//! A ledger for every thread, found through one thread-local word.
//!
//! ```text
//!             first allocation or call            end of the thread
//! UNREGISTERED ───────────────────────▶ Thread ───────────────────────▶ ENDED
//!                                        │  ▲
//!                               Quiet    ▼  │   drop of Quiet
//!                                       QUIET
//! ```
//!
//! The special ledgers are statics that all threads share. They count nothing: their
//! number of live bytes is so low that each allocation and each free takes the slow path, which
//! is how the common path does without a test.

use core::alloc::Layout;
use core::cell::Cell;
use core::ffi::c_void;
use core::ops::Range;
use core::ptr::{self, NonNull};
use core::sync::atomic::{
    AtomicBool, AtomicI64, AtomicPtr,
    Ordering::{Acquire, Relaxed, Release},
};

use super::counting;
use super::current;
use super::directory::Directory;
use super::ledger::{Kind, Ledger};
use super::row::{Chunk, Row};
use super::thread_block::Books;
use crate::process;
use crate::record::alloc::noting::ThreadNotes;
use crate::record::alloc::watch;
use crate::record::frame::foreign;
use crate::record::frame::measure::Measured;
use crate::record::function::registry::Table;
use crate::record::memory::arena;
use crate::record::sync::claim::Claim;
use crate::record::sync::list::{List, Node};
use crate::record::sync::word::{Local, Word};
use crate::record::timeline::open_spans::{self, Track};

static NO_ROW: Row = Row::new();

pub(in crate::record) static UNREGISTERED: Ledger = Ledger::special(&NO_ROW);
static ENDED: Ledger = Ledger::special(&NO_ROW);
pub(crate) static QUIET: Ledger = Ledger::special(&NO_ROW);
#[cfg(feature = "trace")]
static WATCHED: Ledger = Ledger::special(&NO_ROW);

thread_local! {
    // Const and without a destructor: one move from the thread pointer, no initialisation, no
    // allocation, and usable until the very end of the thread.
    // A pointer, because up to Rust 1.88 no constant may hold a reference to what changes.
    static LEDGER: Cell<*const Ledger> = const { Cell::new(&raw const UNREGISTERED) };
    static DETOURS: Cell<i64> = const { Cell::new(0) };
}

#[inline(always)]
pub(crate) fn current_ledger() -> &'static Ledger {
    // SAFETY: it was made of a reference that is valid for ever, here or by `swap_ledger`.
    unsafe { &*LEDGER.with(Cell::get) }
}

/// The same where the thread's own is meant, also while another one stands in for it.
#[cfg(feature = "trace")]
pub(crate) fn counting_ledger() -> &'static Ledger {
    current_ledger().counting()
}

/// Has the allocator find this ledger, and nobody else.
pub(in crate::record) fn show_allocator(ledger: &'static Ledger) {
    LEDGER.set(ledger);
}

pub(crate) fn swap_ledger(new: &'static Ledger) -> &'static Ledger {
    current::set(new);
    // SAFETY: as in `current_ledger`.
    unsafe { &*LEDGER.with(|ledger| ledger.replace(new.front())) }.behind()
}

/// Has this one watch what the thread allocates meanwhile, of which nothing is booked. Not for two
/// threads at once.
#[cfg(feature = "trace")]
pub(crate) fn watched_by(watcher: &'static watch::Watcher, work: fn()) {
    WATCHED.set_watcher(watcher);
    let resumed = swap_ledger(&WATCHED);
    work();
    swap_ledger(resumed);
}

/// Notes that this thread counted something through a special ledger, whose words say nothing
/// about one thread.
pub(crate) fn note_detour() {
    DETOURS.set(DETOURS.get().wrapping_add(1));
}

/// How often this thread did.
pub(crate) fn detours() -> i64 {
    DETOURS.get()
}

/// What one thread writes. Never freed: when a thread ends, the next one takes it over and adds
/// to the same rows, so that memory grows with the threads that run at a time, not with all
/// that ever ran.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Thread {
    /// Where it writes; its rows apart.
    books: AtomicPtr<Books>,
    /// What it knows of its spans; null where there are none.
    pub(in crate::record) track: AtomicPtr<Track>,
    next: AtomicPtr<Thread>,
    in_use: Claim,
    /// The ledger that its frames use.
    active: AtomicPtr<Ledger>,
    /// The rows of its functions.
    directory: AtomicPtr<Directory>,
    /// The ledger that its allocator finds while guarded frames run ([`foreign`]), and its
    /// row.
    guard: Ledger,
    guard_row: Row,
    /// Addresses that are known to be of the stack of the guarded frame that began at their end.
    known_stack: [Local; 2],
    /// The measures that run on a foreign stack.
    pub(in crate::record) measured: Measured,
    /// Its notes for budgets.
    pub(in crate::record) notes: ThreadNotes,
}

/// How many records there are.
static COUNT: AtomicI64 = AtomicI64::new(0);

/// All threads' records.
static THREADS: List<Thread> = List::new(AtomicPtr::new(ptr::null_mut()));

impl Node for Thread {
    fn next(&self) -> &AtomicPtr<Self> {
        &self.next
    }
}

/// The records of all threads that ran.
pub(crate) fn all() -> impl Iterator<Item = &'static Thread> {
    THREADS.iter()
}

/// Bytes live in the process: exact when the other threads are at rest.
pub(crate) fn live_bytes() -> i64 {
    counting::published() + all().map(|thread| thread.books().heap.unpublished()).sum::<i64>()
}

/// The same while other threads publish what they hold: nothing is counted twice, and nothing is left out.
pub(crate) fn live_bytes_settled() -> i64 {
    const TRIES: usize = 1000;
    let try_once = || {
        let published = counting::published();
        let rest = all()
            .map(|thread| thread.books().heap.unpublished_if_settled())
            .sum::<Option<i64>>()?;
        (counting::published() == published).then_some(published + rest)
    };
    (0..TRIES).find_map(|_| try_once()).unwrap_or_else(live_bytes)
}

/// Every ledger that the allocator may come upon.
#[cfg(feature = "trace")]
pub(in crate::record) fn all_ledgers() -> impl Iterator<Item = &'static Ledger> {
    let of_threads = all().flat_map(|thread| [&thread.books().heap, &thread.guard]);
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
    let thread = all().find(|thread| thread.in_use.take()).or_else(Thread::reserve)?;
    foreign::give_up_all(thread);
    let Books { heap, rss, idle, .. } = thread.books();
    [heap, rss].into_iter().for_each(|ledger| ledger.stack_length.set(0));
    heap.rest(idle);
    rss.rest(idle);
    thread.notes.thread_begins();
    open_spans::thread_begins(thread);
    #[cfg(feature = "trace")]
    [heap, &thread.guard].into_iter().for_each(watch::tell);
    swap_ledger(heap);
    process::on_thread_exit(retire);
    process::arm(ptr::from_ref(thread).cast_mut().cast());
    Some(thread)
}

/// Called at the end of the thread, after the destructors of its thread-locals.
unsafe extern "C" fn retire(thread: *mut c_void) {
    // SAFETY: `register` passes a thread's record, which is never freed.
    let Some(thread) = (unsafe { thread.cast::<Thread>().as_ref() }) else { return };
    foreign::give_up_all(thread);
    swap_ledger(&ENDED);
    watch::thread_ends();
    thread.books().heap.publish();
    thread.in_use.release();
}

/// Who should book what came in through a special ledger.
pub(crate) enum Owner {
    Thread(&'static Ledger),
    /// The thread has ended, or memory for a record is out: only the process's total counts it.
    Process,
    Nobody,
}

pub(crate) fn owned_ledger(special: &Ledger) -> Owner {
    if let Some(thread) = special.thread() {
        foreign::check(thread);
        return Owner::Thread(&thread.books().heap);
    }
    if ![&UNREGISTERED, &ENDED].into_iter().any(|counted| ptr::eq(special, counted)) {
        return Owner::Nobody;
    }
    match register() {
        Some(thread) => Owner::Thread(&thread.books().heap),
        None => Owner::Process,
    }
}

#[cfg(feature = "trace")]
impl Ledger {
    /// The one on which is counted where this one may stand in.
    pub(in crate::record) fn counting(&self) -> &Self {
        self.thread().map_or(self, |thread| &thread.books().heap)
    }
}

impl Thread {
    /// A new record, in use, or `None` when memory is out.
    fn reserve() -> Option<&'static Self> {
        let books = Books::reserve(COUNT.fetch_add(1, Relaxed))?;
        let layout = Layout::new::<Self>();
        let place = process::allocate_lasting(layout)?.cast::<Self>().as_ptr();
        // SAFETY: zeroes are valid for the fields that are not initialised here: null pointers,
        // a claim that nobody holds, and integers. The memory is exclusively ours and never freed.
        let thread: &'static Self = unsafe {
            (&raw mut (*place).books).write(AtomicPtr::new(ptr::from_ref(books).cast_mut()));
            (&raw mut (*place).in_use).write(Claim::new(AtomicBool::new(true)));
            let directory = ptr::from_ref(Directory::empty()).cast_mut();
            (&raw mut (*place).directory).write(AtomicPtr::new(directory));
            let row: &'static Row = &(*place).guard_row;
            (&raw mut (*place).guard).write(Ledger::special(row));
            (&raw mut (*place).notes).write(ThreadNotes::new(&NO_ROW));
            &*place
        };
        thread.notes.belong_to(thread);
        books.belong_to(thread);
        thread.guard.belongs_to(thread);
        THREADS.push(thread);
        Some(thread)
    }

    #[inline(always)]
    fn books(&self) -> &'static Books {
        // SAFETY: never null, and never freed.
        unsafe { NonNull::new_unchecked(self.books.load(Acquire)).as_ref() }
    }

    /// All that its books are. Only the thread itself may read it.
    pub(in crate::record) fn own_words(&self) -> &'static [Word] {
        self.books().words()
    }

    /// Its number, which is that of all threads that use this record, one after another.
    pub(in crate::record) fn number(&self) -> i64 {
        self.books().number.get()
    }

    /// The ledger of the backend in use.
    #[inline(always)]
    pub(crate) fn ledger(&'static self, kind: Kind) -> &'static Ledger {
        let books = self.books();
        if kind == Kind::Rss { &books.rss } else { &books.heap }
    }

    /// Frames of this thread use the ledger of this backend from now on.
    pub(in crate::record) fn use_ledger(&'static self, kind: Kind) {
        self.active.store(ptr::from_ref(self.ledger(kind)).cast_mut(), Release);
        self.show_way();
    }

    /// The ledger that frames of this thread use; `None` before the first one.
    #[inline(always)]
    pub(in crate::record) fn active(&self) -> Option<&'static Ledger> {
        // SAFETY: null or a ledger, which is never freed.
        unsafe { self.active.load(Acquire).as_ref() }
    }

    /// The same, or the allocator's.
    pub(in crate::record) fn frames_ledger(&self) -> &'static Ledger {
        self.active().unwrap_or(&self.books().heap)
    }

    /// The stand-in for the allocator's ledger while guarded frames run.
    pub(in crate::record) fn guard(&'static self) -> &'static Ledger {
        &self.guard
    }

    /// It does from now on. Only the thread itself calls this, and the next one.
    pub(in crate::record) fn stand_in(&'static self) {
        if ptr::eq(current_ledger().behind(), &self.books().heap) {
            swap_ledger(&self.guard);
        }
    }

    pub(in crate::record) fn stand_down(&'static self) {
        if ptr::eq(current_ledger().behind(), &self.guard) {
            swap_ledger(&self.books().heap);
        }
    }

    pub(in crate::record) fn known_stack(&self) -> Range<usize> {
        let [start, end] = &self.known_stack;
        start.get() as usize..end.get() as usize
    }

    pub(in crate::record) fn set_known_stack(&self, Range { start, end }: Range<usize>) {
        self.known_stack[0].set(start as i64);
        self.known_stack[1].set(end as i64);
    }

    /// Frames begin with the ledger of the allocator, where they find their rows if they use it.
    fn show_way(&self) {
        let heap = &self.books().heap;
        if self.active().is_some_and(|active| ptr::eq(active, heap)) {
            heap.way.lead_to(self.directory());
        }
    }

    /// Where the run is recorded, so are the books. Only the thread itself calls this, outside all
    /// annotated functions.
    pub(crate) fn record(&'static self) {
        let old = self.books();
        if !arena::is_recording() || arena::is_recorded(ptr::from_ref(old).cast()) {
            return;
        }
        if let Some(new) = Books::reserve(old.number.get()) {
            let taken = new.take_over(old);
            new.belong_to(self);
            self.books.store(ptr::from_ref(new).cast_mut(), Release);
            #[cfg(feature = "trace")]
            watch::tell(&new.heap);
            swap_ledger(&new.heap);
            new.heap.add_missed(&old.heap, &taken);
            old.abandon();
        }
    }

    fn directory(&self) -> &'static Directory {
        // SAFETY: never null, and never freed.
        unsafe { NonNull::new_unchecked(self.directory.load(Acquire)).as_ref() }
    }

    /// The rows of the function of `table` on this thread.
    pub(crate) fn chunk(&self, table: &'static Table) -> Option<Chunk> {
        self.directory().find(table)
    }

    /// Adds rows that are not there. Only the thread itself calls this.
    pub(in crate::record) fn add_chunk(
        &self,
        table: &'static Table,
        chunk: Chunk,
    ) -> Option<Chunk> {
        let directory = self.directory().add(table, chunk)?;
        self.directory.store(ptr::from_ref(directory).cast_mut(), Release);
        self.show_way();
        Some(chunk)
    }

    /// The function has been called. Only the thread itself says so.
    pub(in crate::record) fn note_called(&self, table: &'static Table) {
        self.directory().note_called(table);
    }

    /// The next call of each function is the first again.
    pub(crate) fn forget_calls(&self) {
        self.directory().forget_calls();
    }

    pub(crate) fn chunks(&self) -> impl Iterator<Item = Chunk> {
        self.directory().chunks().filter(|chunk| !chunk.is_skipped())
    }
}
