//! One static per annotated function, registered by its first call.

use core::ptr;
use core::sync::atomic::{
    AtomicPtr, AtomicU8, AtomicU32,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use super::arena;
use super::frame::Frame;
use super::layout::{self, NEVER};
use super::ledger::{Kind, Ledger};
use super::place::Place;
use super::row::{Chunk, Header};
use super::thread::{self, MAX_FUNCTIONS};
use super::word::{Pointer, Word};

/// What the macro knows of a function.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Function {
    /// The `name` option.
    pub(crate) name: Option<&'static str>,
    /// Gives the path of a type inside the function.
    pub(crate) path: fn() -> &'static str,
    /// Source file as `file!()` prints it.
    pub(crate) file: &'static str,
    /// Line of row 0.
    pub(crate) first_line: u32,
    /// Lines from the first to that of the closing brace, at least 1.
    pub(crate) rows: usize,
    /// The source of these lines.
    pub(crate) source: &'static str,
    /// Whether a statement starts on row 0, as in a function written on one line.
    pub(crate) first_row_runs: bool,
    /// Starts the session, at the first call of any annotated function.
    pub(crate) start: fn(),
}

/// The table of one function.
#[derive(Debug)]
#[repr(C)]
pub struct Table {
    function: Function,
    /// [`NEW`], [`SKIPPED`], or the table's number plus [`FIRST`].
    state: AtomicU32,
    /// What readers learn of the function; null before the first call.
    entry: AtomicPtr<Entry>,
    /// The rows of the thread that called it first, which it finds here. Many programs have one
    /// thread that counts; others look into their directories. Written once: no thread takes the
    /// cache line away from another.
    first: AtomicPtr<Header>,
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
    function: Pointer<Function>,
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
pub(crate) fn functions() -> impl Iterator<Item = &'static Function> {
    entries().filter_map(Entry::function)
}

/// The function of the table of this number.
pub(crate) fn function(number: i64) -> Option<&'static Function> {
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

impl Table {
    /// A table that no one has called yet.
    pub(crate) const fn new(function: Function) -> Self {
        Self {
            function,
            state: AtomicU32::new(NEW),
            entry: AtomicPtr::new(ptr::null_mut()),
            first: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// The same under the name that the user has given.
    #[must_use]
    pub const fn named(mut self, name: &'static str) -> Self {
        self.function.name = Some(name);
        self
    }

    /// A frame for one call of the function.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub extern "C" fn enter(&'static self) -> Frame {
        Frame::call(self, 0)
    }

    /// A frame for one call, and its first line event: that of `row`.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub extern "C" fn enter_line(&'static self, row: usize) -> Frame {
        Frame::call(self, row)
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
        self.state.load(Relaxed) == SKIPPED
    }

    /// The ledger and the rows to book on; `None` when nothing is to be measured.
    #[inline(always)]
    pub(crate) fn open(&'static self) -> Option<Opened> {
        self.opened().or_else(|| self.open_first())
    }

    /// The same for a function that this thread has called before.
    #[inline(always)]
    pub(crate) fn opened(&'static self) -> Option<Opened> {
        let ledger = thread::current_ledger();
        // SAFETY: null or from `open_first`, which had it of a chunk.
        let first = unsafe { Chunk::from_ptr(self.first.load(Acquire)) };
        if let Some(chunk) = first.filter(|chunk| ledger.counts_for(*chunk)) {
            return Some((ledger, chunk));
        }
        let index = self.state.load(Acquire).checked_sub(FIRST)?;
        let thread = ledger.thread()?;
        let chunk = thread.chunk(index as usize)?;
        Some((ledger.active()?, chunk))
    }

    /// The first call of the function on this thread.
    #[cold]
    #[inline(never)]
    fn open_first(&'static self) -> Option<Opened> {
        if MODE.load(Acquire) == MODE_UNKNOWN {
            (self.function.start)();
        }
        if MODE.load(Acquire) == MODE_OFF {
            return self.skip();
        }
        let kind = kind()?;
        let index = self.index()?;
        let thread = thread::current()?;
        thread.record();
        thread.use_ledger(kind);
        let rows = self.function.rows.max(1);
        let chunk = thread.chunk(index).or_else(|| thread.add_chunk(index, rows))?;
        let _ = self.first.compare_exchange(ptr::null_mut(), chunk.as_ptr(), Release, Relaxed);
        Some((thread.ledger(kind), chunk))
    }

    /// Nothing will ever be measured here.
    fn skip<T>(&self) -> Option<T> {
        let _ = self.state.compare_exchange(NEW, SKIPPED, Relaxed, Relaxed);
        None
    }

    /// The table's number, if its function is measured.
    fn index(&'static self) -> Option<usize> {
        match self.state.load(Acquire) {
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
        let entry = Entry::reserve(&self.function, number)?;
        let new = ptr::from_ref(entry).cast_mut();
        let number = match self.entry.compare_exchange(ptr::null_mut(), new, AcqRel, Acquire) {
            Ok(_) => {
                arena::finish(&entry.block, layout::FUNCTION);
                number
            }
            // Another thread was first: its number holds, ours stays unused.
            // SAFETY: not null, and never freed.
            Err(theirs) => unsafe { theirs.as_ref() }?.number.get() as u32,
        };
        self.state.store(number + FIRST, Release);
        Some(number as usize)
    }

    fn is_wanted(&self) -> bool {
        let filter = FILTER.load(Acquire);
        if filter.is_null() {
            return true;
        }
        // SAFETY: `set_filter` is the only writer, and function pointers are pointers on every
        // target that std supports.
        let filter = unsafe { core::mem::transmute::<*mut (), Filter>(filter) };
        filter(&self.function)
    }

    /// Whether `chunk` holds rows of this table.
    #[inline(always)]
    pub(crate) fn owns(&self, chunk: Chunk) -> bool {
        i64::from(self.state.load(Relaxed)) == chunk.table.get() + i64::from(FIRST)
    }

    /// Keeps the reading at the first call.
    #[cold]
    pub(crate) fn note_entry(&self, reading: i64) {
        // SAFETY: null or a block, which is never freed.
        if let Some(entry) = unsafe { self.entry.load(Acquire).as_ref() } {
            entry.reading.set_if(NEVER, reading);
        }
    }
}

impl Table {
    pub(crate) fn function(&self) -> &Function {
        &self.function
    }
}

impl Function {
    /// The path of the function, with the type or trait that holds it: `krate::Type::method`.
    pub(crate) fn display_name(&self) -> &'static str {
        if let Some(name) = self.name {
            return name;
        }
        let path = (self.path)();
        let own = path.find("::__MemProfile").map_or(path, |end| &path[..end]);
        // The body of an async function is a closure to the compiler, once more for every
        // attribute that has put the body into an async block of its own.
        own.trim_end_matches("::{{closure}}")
    }
}

impl Entry {
    fn function(&self) -> Option<&'static Function> {
        // SAFETY: that of a table, which is a static.
        unsafe { self.function.get().as_ref() }
    }

    /// A new block, not finished yet; `None` when memory is out.
    fn reserve(function: &'static Function, number: u32) -> Option<&'static Self> {
        let texts = [function.display_name(), function.file, function.source];
        let size = texts.iter().map(|text| layout::rounded(text.len(), layout::WORD));
        let block = arena::reserve(size_of::<Self>() + size.sum::<usize>())?;
        // SAFETY: the block is as long as that, and zeroes are valid.
        let entry: &'static Self = unsafe { block.cast().as_ref() };
        entry.number.set(number.into());
        entry.first_line.set(function.first_line.into());
        entry.rows.set(function.rows.max(1) as i64);
        entry.first_row_runs.set(function.first_row_runs.into());
        entry.reading.set(NEVER);
        entry.function.set(ptr::from_ref(function).cast_mut());
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
