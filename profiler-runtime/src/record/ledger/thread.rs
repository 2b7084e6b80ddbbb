//! One thread's record: where it writes, and which rows are those of its functions.

use core::alloc::Layout;
use core::ops::Range;
use core::ptr::{self, NonNull};
use core::sync::atomic::{
    AtomicBool, AtomicI64, AtomicPtr,
    Ordering::{Acquire, Relaxed, Release},
};

use super::current::NO_ROW;
use super::directory::Directory;
use super::kind::Kind;
use super::ledger::Ledger;
use super::notes::ThreadNotes;
use super::row::{Chunk, Row};
use super::thread_block::ThreadBlock;
use crate::process;
use crate::record::function::table::Table;
use crate::record::memory::counters::Counters;
use crate::record::sync::claim::Claim;
use crate::record::sync::list::Node;
use crate::record::sync::word::{Pointer, Word};

/// One thread's record. Never freed: when a thread ends, the next one takes it over and adds
/// to the same rows, so that memory grows with the threads that run at a time, not with all
/// that ever ran.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Thread {
    /// Where it writes; its rows apart.
    block: AtomicPtr<ThreadBlock>,
    /// Its open spans, whose type is above this one; null where there are none.
    pub(in crate::record) track: AtomicPtr<()>,
    next: AtomicPtr<Thread>,
    pub(in crate::record) in_use: Claim,
    /// The ledger that its frames use.
    active: AtomicPtr<Ledger>,
    /// The rows of its functions.
    directory: AtomicPtr<Directory>,
    /// The ledger that its allocator finds while guarded frames run ([`crate::record::frame::foreign`]), and its
    /// row.
    guard: Ledger,
    guard_row: Row,
    /// Addresses that are known to be of the stack of the guarded frame that began at their end.
    known_stack: [Word; 2],
    /// The measures that run on a foreign stack.
    pub(in crate::record) measured: Measured,
    /// The functions that check guarded frames and measures; null before there are any.
    guards: Pointer<Guards>,
    /// Its notes for budgets.
    pub(in crate::record) notes: ThreadNotes,
    /// Live blocks by their paths.
    pub(in crate::record) counters: Counters,
    /// The block that an allocator around another one is about to free or to reallocate, and its path.
    pub(in crate::record) taken: [Word; 2],
}

/// The functions that look after frames and measures on other stacks. They are above this file.
#[derive(Debug)]
pub(in crate::record) struct Guards {
    /// Gives up those that the running code is not inside of.
    pub(in crate::record) check: fn(&'static Thread),
    /// Gives up all: the thread ends, or begins with the record of one that has ended without a word.
    pub(in crate::record) give_up: fn(&'static Thread),
}

/// The state of a thread's measures that run on a foreign stack.
#[derive(Debug)]
pub(in crate::record) struct Measured {
    /// The stack address at which the innermost one began; 0 if there is none, or it was left.
    pub(in crate::record) begun: Word,
    /// How many frames there were when the outermost one began.
    pub(in crate::record) depth: Word,
    /// The highest mark up to then, in absolute bytes.
    pub(in crate::record) peak: Word,
}

impl Measured {
    /// The stack address at which the innermost one began.
    pub(in crate::record) fn guarded(&self) -> Option<usize> {
        Some(self.begun.get() as usize).filter(|&begun| begun != 0)
    }
}

/// How many records there are.
static COUNT: AtomicI64 = AtomicI64::new(0);

impl Node for Thread {
    fn next(&self) -> &AtomicPtr<Self> {
        &self.next
    }
}

impl Ledger {
    /// The thread that owns this ledger; `None` for a special one.
    #[inline(always)]
    pub(crate) fn thread(&self) -> Option<&'static Thread> {
        // SAFETY: null or a thread, which `Thread::reserve` gave to the ledger, and which is never freed.
        unsafe { self.owner().cast::<Thread>().as_ref() }
    }

    /// The same for a ledger that is not special.
    ///
    /// # Safety
    /// That is what it is.
    #[inline(always)]
    pub(in crate::record) unsafe fn thread_of_usual(&self) -> &'static Thread {
        // SAFETY: the ledgers of threads belong to them from their beginning on.
        unsafe { self.thread().unwrap_unchecked() }
    }

    /// The one on which is counted where this one may stand in.
    pub(crate) fn counting(&'static self) -> &'static Self {
        self.thread().map_or(self, Thread::heap)
    }
}

impl Thread {
    /// A new record, in use, or `None` when memory is out.
    pub(in crate::record) fn reserve() -> Option<&'static Self> {
        let block = ThreadBlock::reserve(COUNT.fetch_add(1, Relaxed))?;
        let layout = Layout::new::<Self>();
        let place = process::allocate_lasting(layout)?.cast::<Self>().as_ptr();
        // SAFETY: zeroes are valid for the fields that are not initialised here: null pointers,
        // a claim that nobody holds, and integers. The memory is exclusively ours and never freed.
        let thread: &'static Self = unsafe {
            (&raw mut (*place).block).write(AtomicPtr::new(ptr::from_ref(block).cast_mut()));
            (&raw mut (*place).in_use).write(Claim::new(AtomicBool::new(true)));
            let directory = ptr::from_ref(Directory::empty()).cast_mut();
            (&raw mut (*place).directory).write(AtomicPtr::new(directory));
            let row: &'static Row = &(*place).guard_row;
            (&raw mut (*place).guard).write(Ledger::special(row));
            (&raw mut (*place).notes).write(ThreadNotes::new(&NO_ROW));
            &*place
        };
        let owner = NonNull::from(thread).cast();
        thread.notes.belong_to(owner);
        block.belong_to(owner);
        thread.guard.belongs_to(owner);
        Some(thread)
    }

    #[inline(always)]
    pub(in crate::record) fn block(&self) -> &'static ThreadBlock {
        // SAFETY: never null, and never freed.
        unsafe { NonNull::new_unchecked(self.block.load(Acquire)).as_ref() }
    }

    /// Its number. All threads that use this record, one after another, have the same.
    pub(in crate::record) fn number(&self) -> i64 {
        self.block().number.get()
    }

    /// The ledger of this kind.
    #[inline(always)]
    pub(crate) fn ledger(&'static self, kind: Kind) -> &'static Ledger {
        let block = self.block();
        if kind == Kind::Rss { &block.rss } else { &block.heap }
    }

    /// The ledger of its allocator.
    #[inline(always)]
    pub(crate) fn heap(&self) -> &'static Ledger {
        &self.block().heap
    }

    /// Frames of this thread use the ledger of this backend from now on.
    pub(in crate::record) fn use_ledger(&'static self, kind: Kind) {
        self.active.store(ptr::from_ref(self.ledger(kind)).cast_mut(), Release);
        self.refresh_lookup();
    }

    /// The ledger that frames of this thread use; `None` before the first one.
    #[inline(always)]
    pub(in crate::record) fn active(&self) -> Option<&'static Ledger> {
        // SAFETY: null or a ledger, which is never freed.
        unsafe { self.active.load(Acquire).as_ref() }
    }

    /// The same, or the allocator's.
    pub(in crate::record) fn frames_ledger(&self) -> &'static Ledger {
        self.active().unwrap_or(self.heap())
    }

    /// The stand-in for the allocator's ledger while guarded frames run.
    pub(in crate::record) fn guard(&'static self) -> &'static Ledger {
        &self.guard
    }

    /// Which of the threads that had this record, one after another, has it now.
    pub(in crate::record) fn generation(&self) -> usize {
        self.notes.begun()
    }

    /// From now on these look after its guarded frames and measures.
    pub(in crate::record) fn set_guards(&self, guards: &'static Guards) {
        self.guards.set(ptr::from_ref(guards).cast_mut());
    }

    /// Gives up the guarded frames and measures that the running code is not inside of.
    pub(in crate::record) fn check_guarded(&'static self) {
        if let Some(guards) = self.guards() {
            (guards.check)(self);
        }
    }

    /// Gives up all of them.
    pub(in crate::record) fn give_up_guarded(&'static self) {
        if let Some(guards) = self.guards() {
            (guards.give_up)(self);
        }
    }

    fn guards(&self) -> Option<&'static Guards> {
        // SAFETY: null or from a `&'static Guards` in `set_guards`.
        unsafe { self.guards.get().as_ref() }
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
    fn refresh_lookup(&self) {
        let heap = self.heap();
        if self.active().is_some_and(|active| ptr::eq(active, heap)) {
            heap.rows.point_to(self.directory());
        }
    }

    fn directory(&self) -> &'static Directory {
        // SAFETY: never null, and never freed.
        unsafe { NonNull::new_unchecked(self.directory.load(Acquire)).as_ref() }
    }

    /// Writes there from now on.
    pub(in crate::record) fn set_block(&'static self, new: &'static ThreadBlock) {
        new.belong_to(NonNull::from(self).cast());
        self.block.store(ptr::from_ref(new).cast_mut(), Release);
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
        self.refresh_lookup();
        Some(chunk)
    }

    pub(crate) fn chunks(&self) -> impl Iterator<Item = Chunk> {
        self.directory().chunks().filter(|chunk| !chunk.is_skipped())
    }

    /// The block has been taken out of the map, for an allocator that wraps another one.
    pub(in crate::record) fn begin_taking(&self, block: *mut u8, site: u32) {
        let [taken, of] = &self.taken;
        of.set(site.into());
        taken.set(block.addr() as i64);
    }

    /// The site of the block, if it was.
    pub(in crate::record) fn end_taking(&self, block: *mut u8) -> Option<u32> {
        let [taken, of] = &self.taken;
        (taken.get() == block.addr() as i64).then(|| {
            taken.set(0);
            of.get() as u32
        })
    }
}
