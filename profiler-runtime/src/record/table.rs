//! One static per annotated function, registered by its first call.

use core::ptr;
use core::sync::atomic::{
    AtomicI64, AtomicPtr, AtomicU8, AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};

use super::frame::Frame;
use super::ledger::{Kind, Ledger};
use super::list::{List, Node};
use super::place::Place;
use super::row::Chunk;
use super::thread::{self, MAX_FUNCTIONS, Thread};

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
    next: AtomicPtr<Table>,
    /// The reading at the first call; [`NEVER`] before.
    entry: AtomicI64,
}

const NEW: u32 = 0;
const SKIPPED: u32 = 1;
const FIRST: u32 = 2;
const NEVER: i64 = i64::MIN;

static TABLES: List<Table> = List::new(AtomicPtr::new(ptr::null_mut()));
static REGISTERED: AtomicU32 = AtomicU32::new(FIRST);

impl Node for Table {
    fn next(&self) -> &AtomicPtr<Self> {
        &self.next
    }
}

/// The tables of all functions that were called, newest first.
pub(crate) fn all() -> impl Iterator<Item = &'static Table> {
    TABLES.iter()
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

/// Which functions are measured; the session's filter.
pub(crate) type Filter = fn(&Function) -> bool;

static FILTER: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

pub(crate) fn set_filter(filter: Filter) {
    FILTER.store(filter as *mut (), Release);
}

impl Table {
    /// A table that no one has called yet.
    pub(crate) const fn new(function: Function) -> Self {
        Self {
            function,
            state: AtomicU32::new(NEW),
            next: AtomicPtr::new(ptr::null_mut()),
            entry: AtomicI64::new(NEVER),
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
    pub(crate) fn open(&'static self) -> Option<(&'static Ledger, Chunk)> {
        let state = self.state.load(Acquire);
        let ledger = thread::current_ledger();
        if state >= FIRST
            && let Some(thread) = ledger.thread()
            && let Some(chunk) = thread.chunk((state - FIRST) as usize)
        {
            return Some((ledger.active()?, chunk));
        }
        self.open_first()
    }

    /// The first call of the function on this thread.
    #[cold]
    #[inline(never)]
    fn open_first(&'static self) -> Option<(&'static Ledger, Chunk)> {
        if MODE.load(Acquire) == MODE_UNKNOWN {
            (self.function.start)();
        }
        let kind = match MODE.load(Acquire) {
            MODE_HEAP => Kind::Heap,
            MODE_RSS => Kind::Rss,
            MODE_OFF => return self.skip(),
            _ => return None,
        };
        let index = self.index()?;
        let thread = thread::current()?;
        thread.use_ledger(kind);
        let rows = self.function.rows.max(1);
        let chunk = thread.chunk(index).or_else(|| thread.add_chunk(index, rows))?;
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
        let wanted = self.is_wanted() && REGISTERED.load(Relaxed) < MAX_FUNCTIONS as u32;
        let state = if wanted { REGISTERED.fetch_add(1, Relaxed) } else { SKIPPED };
        match self.state.compare_exchange(NEW, state, Release, Acquire) {
            Ok(_) if wanted => {
                TABLES.push(self);
                Some((state - FIRST) as usize)
            }
            // Another thread was first: its number holds, ours stays unused.
            Err(SKIPPED) | Ok(_) => None,
            Err(state) => Some((state - FIRST) as usize),
        }
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
        let _ = self.entry.compare_exchange(NEVER, reading, Relaxed, Relaxed);
    }

    pub(crate) fn function(&self) -> &Function {
        &self.function
    }

    /// The reading at the first call, in bytes.
    pub(crate) fn entry(&self) -> Option<i64> {
        Some(self.entry.load(Relaxed)).filter(|&entry| entry != NEVER)
    }

    pub(crate) fn forget_entry(&self) {
        self.entry.store(NEVER, Relaxed);
    }

    /// The rows of this table on `thread`.
    pub(crate) fn chunk_on(&self, thread: &Thread) -> Option<Chunk> {
        let index = self.state.load(Acquire).checked_sub(FIRST)?;
        thread.chunk(index as usize)
    }
}
