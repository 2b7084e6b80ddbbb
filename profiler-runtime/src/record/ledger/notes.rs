//! The blocks that a thread notes for its budgets, and whether frees look for noted ones.

use core::iter;
use core::ptr::{self, NonNull};
use core::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU64, AtomicUsize,
    Ordering::{Relaxed, SeqCst},
    fence,
};

use super::ledger::{Ledger, NEVER};
use super::row::Row;
use crate::record::memory::live_blocks::{LiveBlock, LiveBlocks};
use crate::record::memory::mark;

/// More than is ever live, so that each free takes the slow path, and allocations ask too. Ledgers begin with it.
const FREES_ASK: i64 = NEVER;

/// Twice as many as there are budgets that note blocks, and one more where live blocks are recorded.
static ASKED: AtomicUsize = AtomicUsize::new(0);
const LIVE: usize = 1;
const BUDGET: usize = 2;

/// Whether live blocks are recorded. Once on, it stays on.
static RECORDS_LIVE: AtomicBool = AtomicBool::new(false);

/// How many threads have begun.
static BIRTHS: AtomicU64 = AtomicU64::new(0);

/// Whether anybody asks for frees: a budget that notes blocks, or whoever records live ones.
#[inline(always)]
pub(in crate::record) fn is_on() -> bool {
    ASKED.load(Relaxed) != 0
}

/// Whether live blocks are recorded.
#[inline(always)]
pub(in crate::record) fn records_live() -> bool {
    RECORDS_LIVE.load(Relaxed)
}

/// Whether any budget notes blocks.
#[inline(always)]
pub(in crate::record) fn has_budgets() -> bool {
    ASKED.load(Relaxed) >= BUDGET
}

/// From now on live blocks are recorded.
pub(in crate::record) fn record_live(ledgers: impl Iterator<Item = &'static Ledger>) {
    ask(LIVE, ledgers);
    RECORDS_LIVE.store(true, Relaxed);
    mark::let_frees_pass();
}

/// A budget that notes blocks begins, on some thread.
pub(in crate::record) fn begin(ledgers: impl Iterator<Item = &'static Ledger>) {
    if ask(BUDGET, ledgers) < BUDGET {
        mark::stop_frees();
    }
}

/// Returns what was asked before.
fn ask(what: usize, ledgers: impl Iterator<Item = &'static Ledger>) -> usize {
    let before = ASKED.fetch_add(what, Relaxed);
    // See `stop_asking`.
    fence(SeqCst);
    ledgers.for_each(|ledger| ledger.set_floor(FREES_ASK));
    before
}

/// It ends.
pub(in crate::record) fn end() {
    if ASKED.fetch_sub(BUDGET, Relaxed) < 2 * BUDGET {
        mark::let_frees_pass();
    }
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

    pub(in crate::record) fn belong_to(&self, thread: NonNull<()>) {
        self.ledger.belongs_to(thread);
    }

    /// Another thread has them now.
    pub(in crate::record) fn thread_begins(&self) {
        self.birth.store(BIRTHS.fetch_add(1, Relaxed) + 1, Relaxed);
        self.begun.fetch_add(1, Relaxed);
        self.is_started.store(false, Relaxed);
        self.open.store(ptr::null_mut(), Relaxed);
    }

    /// The ledger that the allocator is to find in the place of this one: where the thread notes blocks, the
    /// one that has it do so.
    pub(in crate::record) fn in_front_of(
        &'static self,
        ledger: &'static Ledger,
    ) -> &'static Ledger {
        if self.open.load(Relaxed).is_null() || ptr::eq(ledger, &self.ledger) {
            return ledger;
        }
        self.behind.store(ptr::from_ref(ledger).cast_mut(), Relaxed);
        &self.ledger
    }

    /// The ledger that the allocator would find if the thread noted nothing.
    pub(in crate::record) fn behind(&'static self, ledger: &'static Ledger) -> &'static Ledger {
        if !ptr::eq(ledger, &self.ledger) {
            return ledger;
        }
        // SAFETY: `in_front_of` has stored one there, which is never freed, before it gave this one away.
        unsafe { &*self.behind.load(Relaxed) }
    }

    /// The blocks of the budgets that run on this thread, the innermost first.
    pub(in crate::record) fn opened(&self) -> impl Iterator<Item = &'static LiveBlocks> + use<> {
        let mut next = self.open.load(Relaxed);
        iter::from_fn(move || {
            // SAFETY: null, or blocks that are never freed.
            let blocks: &'static LiveBlocks = unsafe { next.as_ref() }?;
            next = blocks.outer.load(Relaxed);
            Some(blocks)
        })
    }

    /// The caller then shows the allocator the right ledger.
    pub(in crate::record) fn open(&self, blocks: &'static LiveBlocks) {
        blocks.births.store(BIRTHS.load(Relaxed), Relaxed);
        blocks.outer.store(self.open.load(Relaxed), Relaxed);
        self.open.store(ptr::from_ref(blocks).cast_mut(), Relaxed);
    }

    /// As for [`Self::open`].
    pub(in crate::record) fn close(&self, blocks: &'static LiveBlocks) {
        let leads = |place: &AtomicPtr<_>| ptr::eq(place.load(Relaxed), blocks);
        // Coroutines do not end in the order in which they have begun.
        let outer = self.opened().map(|inner| &inner.outer);
        if let Some(place) = iter::once(&self.open).chain(outer).find(|place| leads(place)) {
            place.store(blocks.outer.load(Relaxed), Relaxed);
        }
    }

    /// How many threads have had this record.
    pub(in crate::record) fn begun(&self) -> usize {
        self.begun.load(Relaxed)
    }

    /// The thread has allocated a block.
    pub(in crate::record) fn put(&self, block: &LiveBlock) {
        self.last.store(block.address, Relaxed);
        for blocks in self.opened().filter(|blocks| blocks.is_running()) {
            blocks.put(block);
        }
    }

    /// How many noted blocks the thread has freed until here. [`Self::last`] is 0 until it notes one.
    pub(in crate::record) fn begin_move(&self) -> usize {
        self.last.store(0, Relaxed);
        self.taken.load(Relaxed)
    }

    /// A block was reallocated, before which so many had been freed. The allocator inside may have moved it by
    /// making a block, which is new only if the one that it has freed was.
    pub(in crate::record) fn end_move(&self, taken: usize, is_known: bool) {
        if let made @ 1.. = self.last.load(Relaxed)
            && (is_known || self.taken.load(Relaxed) == taken)
        {
            self.opened().for_each(|blocks| _ = blocks.take(made));
        }
    }

    /// Whether it is known to which budget's thread it owes its start.
    pub(in crate::record) fn is_started(&self) -> bool {
        self.is_started.load(Relaxed)
    }

    /// The thread frees a block that was noted in `blocks`. `is_started` is what it was before the free.
    pub(in crate::record) fn note_taken(&self, blocks: &LiveBlocks, is_started: bool) {
        self.taken.fetch_add(1, Relaxed);
        // A new thread first frees the block that it was started with.
        if !is_started && self.birth.load(Relaxed) > blocks.births.load(Relaxed) {
            blocks.started_threads.fetch_add(1, Relaxed);
            self.is_started.store(true, Relaxed);
        }
    }
}

impl Ledger {
    /// Whether so little is live that the free which leaves it takes the slow path.
    #[cfg(not(feature = "watch"))]
    #[inline(always)]
    pub(in crate::record) fn is_below_floor(&self, live: i64) -> bool {
        compare!(live, "jl", self, Self, next_sample_at)
    }

    /// The same with the tracer, where each free asks by itself.
    #[cfg(feature = "watch")]
    #[inline(always)]
    pub(in crate::record) const fn is_below_floor(&self, live: i64) -> bool {
        live < 0
    }

    /// Whether an allocation is to ask who asks for blocks.
    ///
    /// PERF: by the word that frees ask: 19 ← 20 instructions of an allocation and its free (cost bench).
    #[inline(always)]
    pub(in crate::record) fn allocations_ask(&self) -> bool {
        #[cfg(not(feature = "watch"))]
        return compare!(const 0, "jne", self, Self, next_sample_at);
        #[cfg(feature = "watch")]
        records_live()
    }

    fn set_floor(&self, floor: i64) {
        #[cfg(not(feature = "watch"))]
        self.next_sample_at.set(floor);
        #[cfg(feature = "watch")]
        let _ = floor;
    }
}
