//! While a budget runs: the blocks that its thread allocates are noted, and taken out by whoever frees
//! them.
//!
//! While no budget runs, this costs an allocation nothing and a free one instruction. A thread that notes
//! has a special ledger in the place where its allocator looks, which sends each operation the slow way
//! ([`ThreadNotes::ledger`]); the free of any other thread is sent there by `Ledger::is_below_floor`.

use core::iter;
use core::marker::PhantomData;
use core::ptr;
use core::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU64, AtomicUsize,
    Ordering::{Relaxed, SeqCst},
    fence,
};
use std::thread::panicking;

use crate::record::ledger::ledger::{Kind, Ledger, NEVER};
use crate::record::ledger::row::Row;
use crate::record::ledger::thread::{self, Thread};
use crate::record::memory::live_blocks::{self, LiveBlock, LiveBlocks};

/// More than is ever live, so that each free takes the slow path. Ledgers begin with it.
const FREES_ASK: i64 = NEVER;

/// How many budgets note blocks.
static RUNNING: AtomicUsize = AtomicUsize::new(0);

/// How many threads have begun.
static BIRTHS: AtomicU64 = AtomicU64::new(0);

/// Whether any budget notes blocks.
#[inline(always)]
pub(in crate::record) fn is_on() -> bool {
    RUNNING.load(Relaxed) != 0
}

/// The thread's next frees need not ask, where no budget runs any more. Only the thread itself says so.
pub(in crate::record) fn stop_asking(ledger: &Ledger) {
    if is_on() {
        return;
    }
    ledger.set_floor(0);
    // Either a budget that begins now finds the ledger after this, or it is seen here.
    fence(SeqCst);
    if is_on() {
        ledger.set_floor(FREES_ASK);
    }
}

/// The notes of one thread, and about it.
#[derive(Debug)]
pub(in crate::record) struct ThreadNotes {
    /// Stands in for the thread's own ledger where its allocator looks, while it notes blocks.
    ledger: Ledger,
    /// The ledger that the allocator would find otherwise.
    behind: AtomicPtr<Ledger>,
    /// The blocks of the innermost budget, which lead to the other budgets' blocks.
    open: AtomicPtr<LiveBlocks>,
    /// The thread's number among all that have begun, and how many have had this record.
    birth: AtomicU64,
    begun: AtomicUsize,
    /// Whether it is known to which budget's thread it owes its start.
    is_started: AtomicBool,
    /// The block that it has noted last, and how many noted blocks it has freed.
    last: AtomicUsize,
    taken: AtomicUsize,
}

impl ThreadNotes {
    pub(in crate::record) const fn new(row: &'static Row) -> Self {
        Self {
            ledger: Ledger::special(row),
            behind: AtomicPtr::new(ptr::null_mut()),
            open: AtomicPtr::new(ptr::null_mut()),
            birth: AtomicU64::new(0),
            begun: AtomicUsize::new(0),
            is_started: AtomicBool::new(false),
            last: AtomicUsize::new(0),
            taken: AtomicUsize::new(0),
        }
    }

    pub(in crate::record) fn belong_to(&self, thread: &'static Thread) {
        self.ledger.belongs_to(thread);
    }

    /// Another thread has them now.
    pub(in crate::record) fn thread_begins(&self) {
        self.birth.store(BIRTHS.fetch_add(1, Relaxed) + 1, Relaxed);
        self.begun.fetch_add(1, Relaxed);
        self.is_started.store(false, Relaxed);
        self.open.store(ptr::null_mut(), Relaxed);
    }

    /// The blocks of the budgets that run on this thread, the innermost first.
    fn opened(&self) -> impl Iterator<Item = &'static LiveBlocks> + use<> {
        let mut next = self.open.load(Relaxed);
        core::iter::from_fn(move || {
            // SAFETY: null, or blocks that are never freed.
            let blocks: &'static LiveBlocks = unsafe { next.as_ref() }?;
            next = blocks.outer.load(Relaxed);
            Some(blocks)
        })
    }

    fn open(&self, blocks: &'static LiveBlocks) {
        blocks.births.store(BIRTHS.load(Relaxed), Relaxed);
        blocks.outer.store(self.open.load(Relaxed), Relaxed);
        self.open.store(ptr::from_ref(blocks).cast_mut(), Relaxed);
        show_front();
    }

    fn close(&self, blocks: &'static LiveBlocks) {
        let leads = |place: &AtomicPtr<_>| ptr::eq(place.load(Relaxed), blocks);
        // Coroutines do not end in the order in which they have begun.
        let outer = self.opened().map(|inner| &inner.outer);
        if let Some(place) = iter::once(&self.open).chain(outer).find(|place| leads(place)) {
            place.store(blocks.outer.load(Relaxed), Relaxed);
        }
        show_front();
    }

    /// How many threads have had this record.
    pub(in crate::record) fn begun(&self) -> usize {
        self.begun.load(Relaxed)
    }

    /// How many noted blocks the thread has freed until here. [`Self::last`] is 0 until it notes one.
    fn begin_move(&self) -> usize {
        self.last.store(0, Relaxed);
        self.taken.load(Relaxed)
    }
}

/// Shows the allocator the right ledger after the thread has begun or ceased to note blocks.
fn show_front() {
    thread::show_allocator(thread::current_ledger().behind().front());
}

impl Ledger {
    /// The ledger that the allocator is to find in the place of this one: where the thread notes blocks, the
    /// one that has it do so.
    pub(in crate::record) fn front(&'static self) -> &'static Self {
        let Some(notes) = self.thread().map(|thread| &thread.notes) else { return self };
        if notes.open.load(Relaxed).is_null() || ptr::eq(self, &notes.ledger) {
            return self;
        }
        notes.behind.store(ptr::from_ref(self).cast_mut(), Relaxed);
        &notes.ledger
    }

    /// The ledger that the allocator would find if its thread noted nothing.
    pub(in crate::record) fn behind(&'static self) -> &'static Self {
        let notes = self.thread().map(|thread| &thread.notes);
        match notes.filter(|notes| ptr::eq(self, &notes.ledger)) {
            // SAFETY: `front` has stored one there, which is never freed, before it showed this one.
            Some(notes) => unsafe { &*notes.behind.load(Relaxed) },
            None => self,
        }
    }

    /// Whether so little is live that the free which leaves it takes the slow path.
    ///
    /// PERF: the compiler folds no atomic load into a comparison: one of 17 instructions of an allocation
    /// and free (`cost` bench).
    #[cfg(all(
        not(feature = "trace"),
        all(target_arch = "x86_64", target_pointer_width = "64", not(miri))
    ))]
    #[inline(always)]
    pub(in crate::record) fn is_below_floor(&self, live: i64) -> bool {
        // SAFETY: this reads a word of this process, as an atomic load does, and touches nothing else.
        unsafe {
            core::arch::asm!(
                "cmp {live}, qword ptr [{ledger} + {floor}]",
                "jl {below}",
                live = in(reg) live,
                ledger = in(reg) ptr::from_ref(self),
                floor = const core::mem::offset_of!(Self, awaited),
                below = label { return true },
                options(nostack, readonly),
            );
        }
        false
    }

    #[cfg(all(
        not(feature = "trace"),
        not(all(target_arch = "x86_64", target_pointer_width = "64", not(miri)))
    ))]
    #[inline(always)]
    pub(in crate::record) fn is_below_floor(&self, live: i64) -> bool {
        live < self.awaited.get()
    }

    /// The same with the tracer, where each free asks by itself.
    #[cfg(feature = "trace")]
    #[inline(always)]
    pub(in crate::record) const fn is_below_floor(&self, live: i64) -> bool {
        live < 0
    }

    fn set_floor(&self, floor: i64) {
        #[cfg(not(feature = "trace"))]
        self.awaited.set(floor);
        #[cfg(feature = "trace")]
        let _ = floor;
    }
}

/// Has the allocator find the ledger that it would if its thread noted nothing, until this is dropped.
#[derive(Debug)]
pub(in crate::record) struct Pause {
    pub(in crate::record) thread: &'static Thread,
    pub(in crate::record) ledger: &'static Ledger,
}

impl Pause {
    /// `None` where the thread whose allocator has found this ledger notes nothing.
    pub(in crate::record) fn begin(found: &'static Ledger) -> Option<Self> {
        let ledger = found.behind();
        let thread = found.thread().filter(|_| !ptr::eq(ledger, found))?;
        thread::show_allocator(ledger);
        Some(Self { thread, ledger })
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        // Another one may stand in by now.
        thread::show_allocator(thread::current_ledger().front());
    }
}

/// The blocks of one budget, until it is dropped.
#[derive(Debug)]
pub(crate) struct Noting(&'static LiveBlocks);

impl Noting {
    /// `None` when memory is out.
    pub(crate) fn begin() -> Option<Self> {
        let blocks = LiveBlocks::reserve()?;
        RUNNING.fetch_add(1, Relaxed);
        // See `stop_asking`.
        fence(SeqCst);
        thread::all().for_each(|thread| thread.ledger(Kind::Heap).set_floor(FREES_ASK));
        Some(Self(blocks))
    }

    pub(crate) const fn blocks(&self) -> &'static LiveBlocks {
        self.0
    }

    /// The calling thread notes what it allocates, until the section is dropped.
    pub(crate) fn enter(&self) -> Option<Section> {
        let thread = thread::current()?;
        thread.notes.open(self.0);
        Some(Section { blocks: self.0, thread, _stays: PhantomData })
    }
}

impl Drop for Noting {
    fn drop(&mut self) {
        self.0.stop();
        RUNNING.fetch_sub(1, Relaxed);
        self.0.release();
    }
}

/// A time in which a thread notes what it allocates.
#[derive(Debug)]
pub(crate) struct Section {
    blocks: &'static LiveBlocks,
    thread: &'static Thread,
    /// It belongs to its thread.
    _stays: PhantomData<*const ()>,
}

impl Drop for Section {
    fn drop(&mut self) {
        // A coroutine may have brought it to another thread; then it stays open on the first one.
        if thread::current().is_some_and(|thread| ptr::eq(thread, self.thread)) {
            self.thread.notes.close(self.blocks);
        } else {
            self.blocks.strand();
        }
    }
}

/// The innermost budget's blocks on this thread.
pub(crate) fn innermost() -> Option<&'static LiveBlocks> {
    thread::current()?.notes.opened().next()
}

/// The thread has allocated a block.
pub(in crate::record) fn allocated(thread: &'static Thread, block: *mut u8, size: usize) {
    let (row, in_panic) = (thread.frames_ledger().row(), panicking());
    let block = LiveBlock { address: block.addr(), size, row, in_panic };
    thread.notes.last.store(block.address, Relaxed);
    for blocks in thread.notes.opened().filter(|blocks| blocks.is_running()) {
        blocks.put(&block);
    }
}

/// The block is about to be freed.
pub(in crate::record) fn freed(block: *mut u8) {
    if !is_on() {
        return;
    }
    let notes = thread::current_ledger().thread().map(|thread| &thread.notes);
    let is_started = notes.is_none_or(|notes| notes.is_started.load(Relaxed));
    for blocks in live_blocks::running() {
        if !blocks.take(block.addr()) {
            continue;
        }
        let Some(notes) = notes else { continue };
        notes.taken.fetch_add(1, Relaxed);
        // A new thread first frees the block that it was started with.
        if !is_started && notes.birth.load(Relaxed) > blocks.births.load(Relaxed) {
            blocks.started_threads.fetch_add(1, Relaxed);
            notes.is_started.store(true, Relaxed);
        }
    }
}

/// A block that is being reallocated: it stays as old as it was, by its new address and size.
pub(in crate::record) struct Moving {
    old: usize,
    is_known: bool,
    /// How many noted blocks the thread had freed before; `None` where it notes nothing meanwhile.
    before: Option<(&'static ThreadNotes, usize)>,
    _pause: Option<Pause>,
}

impl Moving {
    /// Before it moves: as soon as it has, another thread may get its address.
    pub(in crate::record) fn begin(block: *mut u8, inner_may_count: bool) -> Self {
        let old = block.addr();
        let move_in = |known, blocks: &LiveBlocks| blocks.begin_move(old) || known;
        let is_known = live_blocks::running().fold(false, move_in);
        let ledger = thread::current_ledger();
        let thread = ledger.thread().filter(|_| inner_may_count);
        let before = thread.map(|thread| (&thread.notes, thread.notes.begin_move()));
        // Otherwise nothing that is allocated meanwhile would be a block.
        let _pause = if inner_may_count { None } else { Pause::begin(ledger) };
        Self { old, is_known, before, _pause }
    }

    /// Ends the move: takes the new address.
    pub(in crate::record) fn end(&mut self, block: *mut u8, size: usize) {
        // The allocator inside may have moved it by making a block, which is new only if the one that it
        // has freed was.
        if let Some((notes, taken)) = self.before
            && let made @ 1.. = notes.last.load(Relaxed)
            && (self.is_known || notes.taken.load(Relaxed) == taken)
        {
            notes.opened().for_each(|blocks| _ = blocks.take(made));
        }
        if self.is_known {
            live_blocks::running().for_each(|blocks| blocks.end_move(self.old, block.addr(), size));
        }
    }
}
