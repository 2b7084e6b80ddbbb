//! The functions that were called, as readers find them.

use core::iter;
use core::mem::offset_of;
use core::ptr;
#[cfg(test)]
use core::sync::atomic::AtomicBool;
use core::sync::atomic::{
    AtomicI64, AtomicPtr,
    Ordering::{Relaxed, SeqCst},
    fence,
};

use mem_profile_format::layout::function::ON_COROUTINE;
use mem_profile_format::layout::{self, NEVER};

use super::table::{Function, Table};
use crate::record::memory::arena;
#[cfg(test)]
use crate::record::sync::claim::Claim;
use crate::record::sync::list::{List, Node};
use crate::record::sync::word::{Pointer, Word};

/// A function in the memory of the figures.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Entry {
    block: Word,
    /// The table's number.
    pub(in crate::record) number: Word,
    pub(in crate::record) first_line: Word,
    pub(in crate::record) rows: Word,
    /// Bits of what is known of it, such as [`layout::function::FIRST_ROW_RUNS`].
    pub(in crate::record) flags: Word,
    /// Memory in use at the first call; [`NEVER`] before.
    pub(in crate::record) reading: Word,
    /// Means nothing outside the process, like the next one.
    table: Pointer<Table>,
    next: AtomicPtr<Entry>,
}

// The numbers by which recordings are read.
const _: () = {
    assert!(offset_of!(Entry, number) == layout::function::NUMBER);
    assert!(offset_of!(Entry, first_line) == layout::function::FIRST_LINE);
    assert!(offset_of!(Entry, rows) == layout::function::ROWS);
    assert!(offset_of!(Entry, flags) == layout::function::FLAGS);
    assert!(offset_of!(Entry, reading) == layout::function::READING);
    assert!(size_of::<Entry>() == layout::function::SIZE);
};

/// The texts of a function. Only recordings have them, where the function's table is not at hand.
#[derive(Debug)]
#[repr(C)]
pub(in crate::record) struct Texts {
    block: Word,
    /// The number of the function.
    pub(in crate::record) number: Word,
    /// Of its name, file and source, which follow, packed one by one.
    pub(in crate::record) lengths: [Word; 3],
}

// The numbers by which recordings are read.
const _: () = {
    assert!(offset_of!(Texts, number) == layout::texts::NUMBER);
    assert!(offset_of!(Texts, lengths) == layout::texts::LENGTHS);
    assert!(size_of::<Texts>() == layout::texts::SIZE);
};

/// The block with the texts of a function: how long it is, in bytes, and what follows its first word.
pub(crate) fn texts(number: i64, function: &Function) -> (usize, impl Iterator<Item = i64>) {
    let texts = [function.display_name(), function.file, function.source].map(str::as_bytes);
    let lengths = texts.map(<[u8]>::len);
    let size = lengths.map(|length| layout::rounded(length, layout::WORD)).iter().sum::<usize>();
    let head = iter::once(number).chain(lengths.map(|length| length as i64));
    (size_of::<Texts>() + size, head.chain(texts.into_iter().flat_map(layout::packed)))
}

/// Has a recording that has begun say what functions were called before.
pub(crate) fn record_texts() {
    // As in `Entry::finish`.
    fence(SeqCst);
    entries().for_each(Entry::record_texts);
}

impl Node for Entry {
    fn next(&self) -> &AtomicPtr<Self> {
        &self.next
    }
}

/// The functions that are measured and were called, by the addresses of their tables.
static ENTRIES: [List<Entry>; 1024] = [const { List::new(AtomicPtr::new(ptr::null_mut())) }; 1024];

fn list_of(table: *const Table) -> &'static List<Entry> {
    &ENTRIES[table.addr() / size_of::<Table>() % ENTRIES.len()]
}

static REGISTERED: AtomicI64 = AtomicI64::new(0);

/// Whether a function that is measured was called.
pub(crate) fn any() -> bool {
    REGISTERED.load(Relaxed) > 0
}

/// The entries of the functions that were called.
fn entries() -> impl Iterator<Item = &'static Entry> {
    let blocks = arena::segments().flat_map(|segment| segment.blocks());
    blocks.filter(|(kind, _)| *kind == layout::FUNCTION).map(|(_, block)| {
        // SAFETY: it was filled by `Entry::reserve`, and is never freed.
        unsafe { block.cast::<Entry>().as_ref() }
    })
}

/// The functions that were called, as the macro knows them, with their numbers.
pub(crate) fn functions() -> impl Iterator<Item = (i64, Function)> {
    entries().filter_map(|entry| Some((entry.number.get(), entry.function()?)))
}

/// The function of the table of this number.
pub(crate) fn function(number: i64) -> Option<Function> {
    entries().find(|entry| entry.number.get() == number)?.function()
}

/// In a forked child: those that were registered just then are not there, and what was listed behind
/// them is to be found all the same.
pub(in crate::record) fn find_functions_again() {
    ENTRIES.iter().for_each(List::clear);
    entries().for_each(|entry| list_of(entry.table.get()).push(entry));
}

/// As [`Table::note_coroutine`], for the function of this number.
pub(in crate::record) fn note_coroutine(number: i64) {
    if let Some(entry) = entries().find(|entry| entry.number.get() == number) {
        entry.note_coroutine();
    }
}

/// Forgets how much memory was in use when functions were first called.
pub(crate) fn forget_readings() {
    entries().for_each(|entry| entry.reading.set(NEVER));
}

impl Table {
    /// The entry of the function; `None` before its first call.
    fn entry(&self) -> Option<&'static Entry> {
        // Where two threads were the first to call it, the older one.
        list_of(self).iter().filter(|entry| ptr::eq(entry.table.get(), self)).last()
    }

    /// The same, which readers see from now on; `None` when memory is out.
    pub(in crate::record) fn registered(&'static self) -> Option<&'static Entry> {
        let entry = self.entry().or_else(|| self.register())?;
        entry.finish();
        Some(entry)
    }

    #[cold]
    #[inline(never)]
    fn register(&'static self) -> Option<&'static Entry> {
        list_of(self).push(Entry::reserve(self, REGISTERED.fetch_add(1, Relaxed))?);
        // Another thread may have been faster: its entry holds, and readers do not see ours.
        self.entry()
    }

    /// Keeps the reading at the first call.
    #[cold]
    pub(crate) fn note_entry(&self, reading: i64) {
        if let Some(entry) = self.entry() {
            entry.reading.set_if(NEVER, reading);
        }
    }

    /// A frame of it was on a coroutine, and what it did there is not measured.
    pub(in crate::record) fn note_coroutine(&self) {
        if let Some(entry) = self.entry() {
            entry.note_coroutine();
        }
    }
}

impl Entry {
    fn note_coroutine(&self) {
        if self.flags.get() & ON_COROUTINE == 0 {
            self.flags.set_bits(ON_COROUTINE);
        }
    }

    fn function(&self) -> Option<Function> {
        // SAFETY: a table is a static.
        unsafe { self.table.get().as_ref() }.map(Table::function)
    }

    /// A new block, not finished yet; `None` when memory is out.
    fn reserve(table: &'static Table, number: i64) -> Option<&'static Self> {
        let function = table.function();
        let block = arena::reserve(size_of::<Self>())?;
        // SAFETY: the block is as long as that, and zeroes are valid.
        let entry: &'static Self = unsafe { block.cast().as_ref() };
        entry.number.set(number);
        entry.first_line.set(function.first_line.into());
        entry.rows.set(function.rows_of_thread() as i64);
        entry.flags.set(function.flags);
        entry.reading.set(NEVER);
        entry.table.set(ptr::from_ref(table).cast_mut());
        Some(entry)
    }

    /// From now on readers see it. Any thread that calls the function says so, and waits for no other.
    fn finish(&self) {
        if arena::finish(&self.block, layout::FUNCTION) {
            // Either it is seen here that a recording has begun, or there that the function has been called.
            fence(SeqCst);
            if arena::is_recording() {
                self.record_texts();
            }
        }
    }

    fn record_texts(&self) {
        let Some(function) = self.function() else { return };
        let (size, words) = texts(self.number.get(), &function);
        if let Some(block) = arena::reserve(size) {
            // SAFETY: the block is as long as that.
            unsafe { arena::write(block.add(1), words) };
            // SAFETY: as above.
            arena::finish(unsafe { block.as_ref() }, layout::TEXTS);
        }
    }
}

/// Held by a test that calls functions, or does what a forked child does, which has no other threads.
#[cfg(test)]
pub(in crate::record) struct Alone;

#[cfg(test)]
static ALONE: Claim = Claim::new(AtomicBool::new(false));

#[cfg(test)]
impl Alone {
    pub(in crate::record) fn wait() -> Self {
        while !ALONE.take() {
            std::thread::yield_now();
        }
        Self
    }
}

#[cfg(test)]
impl Drop for Alone {
    fn drop(&mut self) {
        ALONE.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUT: &str = "memory is out";

    fn is_seen(entry: &Entry) -> bool {
        entries().any(|seen| ptr::eq(seen, entry))
    }

    #[test]
    fn what_others_register_just_then_is_neither_waited_for_nor_in_the_way()
    -> Result<(), &'static str> {
        static TABLE: Table = Table(|| "unused", "1 1 0 0 a.rs\n", || {});
        let _alone = Alone::wait();
        let [older, newer] = [0, 1].map(|number| Entry::reserve(&TABLE, number));
        let (older, newer) = (older.ok_or(OUT)?, newer.ok_or(OUT)?);
        // A thread that registers the function has come so far.
        list_of(&TABLE).push(older);
        assert!(!is_seen(older));
        TABLE.registered().ok_or(OUT)?;
        assert!(is_seen(older));

        // Another one was slower. A forked child has zeroes of it.
        list_of(&TABLE).push(newer);
        newer.table.set(ptr::null_mut());
        newer.next.store(ptr::null_mut(), Relaxed);
        assert!(TABLE.entry().is_none());
        find_functions_again();
        assert!(TABLE.entry().is_some_and(|found| ptr::eq(found, older)) && !is_seen(newer));
        Ok(())
    }
}
