//! One static per annotated function, registered by its first call.

use core::ptr;
use core::sync::atomic::{
    AtomicPtr, AtomicU8, AtomicU32,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use super::arena;
use super::current;
use super::frame::Frame;
use super::function::Function;
use super::layout::{self, NEVER};
use super::ledger::{Kind, Ledger};
use super::place::Place;
use super::row::{Chunk, Header};
use super::thread::{self, MAX_FUNCTIONS};
use super::word::{Pointer, Word};

/// The table of one function: what gives the path of a type in it, all else that the macro knows of
/// it in one text, which `Function` reads, and what changes.
///
/// Emitted code makes it as a literal of few parts: the compiler evaluates one for each function,
/// where a call, or an argument for each thing, would be felt.
#[derive(Debug)]
#[repr(C)]
pub struct Table(pub fn() -> &'static str, pub &'static str, pub State);

// SAFETY: it is made of what is `Sync`, as the compiler would find out by itself, once more for each
// table: constants, atomics, and pointers to functions.
unsafe impl Sync for Table {}

/// What changes in a table, and what is the same in most.
#[derive(Debug)]
#[repr(C)]
pub struct State {
    /// [`NEW`], [`SKIPPED`], or the table's number plus [`FIRST`].
    number: AtomicU32,
    /// What readers learn of the function; null before the first call.
    entry: AtomicPtr<Entry>,
    /// The rows of the thread that called it first, which it finds here. Many programs have one
    /// thread that counts; others look into their directories. Written once: no thread takes the
    /// cache line away from another.
    first: AtomicPtr<Header>,
    /// The `name` option.
    pub(super) name: Option<&'static str>,
    /// Starts the session, at the first call of any annotated function.
    start: fn(),
}

/// A function in the memory of the figures; its name, file and source follow.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Entry {
    block: Word,
    /// The table's number.
    pub(super) number: Word,
    pub(super) first_line: Word,
    pub(super) rows: Word,
    pub(super) first_row_runs: Word,
    /// Memory in use at the first call; [`NEVER`] before.
    pub(super) reading: Word,
    /// Lengths of the three texts, which follow, packed one by one.
    pub(super) texts: [Word; 3],
    /// Means nothing outside the process.
    table: Pointer<Table>,
}

const NEW: u32 = 0;
const SKIPPED: u32 = 1;
const FIRST: u32 = 2;

static REGISTERED: AtomicU32 = AtomicU32::new(FIRST);

/// Whether a function that is measured was called.
pub(crate) fn any() -> bool {
    REGISTERED.load(Relaxed) > FIRST
}

/// What readers know of the functions that were called.
fn entries() -> impl Iterator<Item = &'static Entry> {
    let blocks = arena::segments().flat_map(|segment| segment.blocks());
    blocks.filter(|(kind, _)| *kind == layout::FUNCTION).map(|(_, block)| {
        // SAFETY: it was filled by `Entry::reserve`, and is never freed.
        unsafe { block.cast::<Entry>().as_ref() }
    })
}

/// The functions that were called, as the macro knows them.
pub(crate) fn functions() -> impl Iterator<Item = Function> {
    entries().filter_map(Entry::function)
}

/// The function of the table of this number.
pub(crate) fn function(number: i64) -> Option<Function> {
    entries().find(|entry| entry.number.get() == number)?.function()
}

/// Forgets how much memory was in use when functions were first called.
pub(crate) fn forget_readings() {
    entries().for_each(|entry| entry.reading.set(NEVER));
}

/// What frames do.
static MODE: AtomicU8 = AtomicU8::new(MODE_UNKNOWN);
const MODE_UNKNOWN: u8 = 0;
const MODE_OFF: u8 = 1;
const MODE_HEAP: u8 = 2;
const MODE_RSS: u8 = 3;

/// Chooses what frames do from now on; `None` switches them off. Called by the session, once.
pub(crate) fn set_mode(kind: Option<Kind>) {
    let mode = match kind {
        Some(Kind::Heap) => MODE_HEAP,
        Some(Kind::Rss) => MODE_RSS,
        Some(Kind::Special) | None => MODE_OFF,
    };
    MODE.store(mode, Release);
}

/// What frames count with; `None` where nothing is measured, or that is not known yet.
pub(super) fn kind() -> Option<Kind> {
    match MODE.load(Acquire) {
        MODE_HEAP => Some(Kind::Heap),
        MODE_RSS => Some(Kind::Rss),
        _ => None,
    }
}

/// Which functions are measured; the session's filter.
pub(crate) type Filter = fn(&Function) -> bool;

static FILTER: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

pub(crate) fn set_filter(filter: Filter) {
    FILTER.store(filter as *mut (), Release);
}

/// Where a function books on one thread.
type Opened = (&'static Ledger, Chunk);

impl State {
    /// That of a table that no one has called yet.
    pub(crate) const fn new(start: fn()) -> Self {
        Self {
            number: AtomicU32::new(NEW),
            entry: AtomicPtr::new(ptr::null_mut()),
            first: AtomicPtr::new(ptr::null_mut()),
            name: None,
            start,
        }
    }
}

impl Table {
    /// The same under the name that the user has given.
    #[must_use]
    pub const fn named(mut self, name: &'static str) -> Self {
        self.2.name = Some(name);
        self
    }

    /// A frame for one call of the function.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub extern "C" fn enter(&'static self) -> Frame {
        Frame::call(self)
    }

    /// A frame for one call, and its first line event: that of `row`.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub extern "C" fn enter_line(&'static self, row: usize) -> Frame {
        Frame::call_line(self, row)
    }

    /// A frame for one call of a closure that starts on `row`.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub extern "C" fn enter_closure(&'static self, row: usize) -> Frame {
        Frame::at(self, row, 0)
    }

    /// A frame for one poll of a task that stands on `row`, which has risen by `rise` bytes.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub(crate) extern "C" fn enter_task(&'static self, row: usize, rise: i64) -> Frame {
        Frame::at(self, row, rise)
    }

    /// Where an async body books: nothing is opened, [`super::task::Task`] does that.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub extern "C" fn task_frame(&'static self) -> Place {
        Place::in_task(self)
    }

    /// Whether a call has found out that nothing is to be measured.
    #[inline(always)]
    pub(crate) fn is_skipped(&self) -> bool {
        self.2.number.load(Relaxed) == SKIPPED
    }

    /// The ledger and the rows to book on; `None` when nothing is to be measured.
    #[inline(always)]
    pub(crate) fn open(&'static self) -> Option<Opened> {
        self.opened().or_else(|| self.open_first())
    }

    /// The same for a function that this thread has called before.
    #[inline(always)]
    pub(crate) fn opened(&'static self) -> Option<Opened> {
        let ledger = current::get();
        // SAFETY: null or from `open_first`, which had it of a chunk.
        let first = unsafe { Chunk::from_ptr(self.2.first.load(Acquire)) };
        if let Some(chunk) = first.filter(|chunk| ledger.counts_for(*chunk)) {
            return Some((ledger, chunk));
        }
        let index = self.2.number.load(Acquire).checked_sub(FIRST)?;
        let thread = ledger.thread()?;
        let chunk = thread.chunk(index as usize)?;
        Some((ledger.active()?, chunk))
    }

    /// The first call of the function on this thread.
    #[cold]
    #[inline(never)]
    fn open_first(&'static self) -> Option<Opened> {
        if MODE.load(Acquire) == MODE_UNKNOWN {
            (self.2.start)();
        }
        if MODE.load(Acquire) == MODE_OFF {
            return self.skip();
        }
        let kind = kind()?;
        let index = self.index()?;
        let thread = thread::current()?;
        thread.record();
        thread.use_ledger(kind);
        let chunk = thread.chunk(index);
        let chunk = chunk.or_else(|| thread.add_chunk(index, self.function().rows))?;
        let _ = self.2.first.compare_exchange(ptr::null_mut(), chunk.as_ptr(), Release, Relaxed);
        Some((thread.ledger(kind), chunk))
    }

    /// Nothing will ever be measured here.
    fn skip<T>(&self) -> Option<T> {
        let _ = self.2.number.compare_exchange(NEW, SKIPPED, Relaxed, Relaxed);
        None
    }

    /// The table's number, if its function is measured.
    fn index(&'static self) -> Option<usize> {
        match self.2.number.load(Acquire) {
            NEW => self.register(),
            SKIPPED => None,
            state => Some((state - FIRST) as usize),
        }
    }

    #[cold]
    #[inline(never)]
    fn register(&'static self) -> Option<usize> {
        if !self.is_wanted() || REGISTERED.load(Relaxed) >= MAX_FUNCTIONS as u32 {
            return self.skip();
        }
        let number = REGISTERED.fetch_add(1, Relaxed) - FIRST;
        let entry = Entry::reserve(self, number)?;
        let new = ptr::from_ref(entry).cast_mut();
        let number = match self.2.entry.compare_exchange(ptr::null_mut(), new, AcqRel, Acquire) {
            Ok(_) => {
                arena::finish(&entry.block, layout::FUNCTION);
                number
            }
            // Another thread was first: its number holds, ours stays unused.
            // SAFETY: not null, and never freed.
            Err(theirs) => unsafe { theirs.as_ref() }?.number.get() as u32,
        };
        self.2.number.store(number + FIRST, Release);
        Some(number as usize)
    }

    fn is_wanted(&'static self) -> bool {
        let filter = FILTER.load(Acquire);
        if filter.is_null() {
            return true;
        }
        // SAFETY: `set_filter` is the only writer, and function pointers are pointers on every
        // target that std supports.
        let filter = unsafe { core::mem::transmute::<*mut (), Filter>(filter) };
        filter(&self.function())
    }

    /// Whether `chunk` holds rows of this table.
    #[inline(always)]
    pub(crate) fn owns(&self, chunk: Chunk) -> bool {
        i64::from(self.2.number.load(Relaxed)) == chunk.table.get() + i64::from(FIRST)
    }

    /// Keeps the reading at the first call.
    #[cold]
    pub(crate) fn note_entry(&self, reading: i64) {
        // SAFETY: null or a block, which is never freed.
        if let Some(entry) = unsafe { self.2.entry.load(Acquire).as_ref() } {
            entry.reading.set_if(NEVER, reading);
        }
    }
}

impl Table {
    pub(crate) fn function(&'static self) -> Function {
        Function::of(self)
    }
}

impl Entry {
    fn function(&self) -> Option<Function> {
        // SAFETY: a table is a static.
        unsafe { self.table.get().as_ref() }.map(Table::function)
    }

    /// A new block, not finished yet; `None` when memory is out.
    fn reserve(table: &'static Table, number: u32) -> Option<&'static Self> {
        let function = table.function();
        let texts = [function.display_name(), function.file, function.source];
        let size = texts.iter().map(|text| layout::rounded(text.len(), layout::WORD));
        let block = arena::reserve(size_of::<Self>() + size.sum::<usize>())?;
        // SAFETY: the block is as long as that, and zeroes are valid.
        let entry: &'static Self = unsafe { block.cast().as_ref() };
        entry.number.set(number.into());
        entry.first_line.set(function.first_line.into());
        entry.rows.set(function.rows as i64);
        entry.first_row_runs.set(function.first_row_runs.into());
        entry.reading.set(NEVER);
        entry.table.set(ptr::from_ref(table).cast_mut());
        // SAFETY: as above.
        let mut place = unsafe { block.byte_add(size_of::<Self>()) };
        for (length, text) in entry.texts.iter().zip(texts) {
            length.set(text.len() as i64);
            // SAFETY: as above.
            place = unsafe { arena::write_text(place, text.as_bytes()) };
        }
        Some(entry)
    }
}
