//! Makes a [`Snapshot`] of the counters.
//!
//! The figures in memory are copied as they would lie in a file, and read like a recording. Nothing of
//! another thread is written, so a running one is not disturbed.

use core::ptr;
use core::sync::atomic::{
    AtomicPtr,
    Ordering::{Acquire, Release},
};

use mem_profile_format::layout::{self, MAGIC, NEVER, PAGE, UNIT, WORD};
use mem_profile_format::recording::Recording;
use mem_profile_format::{Backend, Snapshot};

use crate::brief;
use crate::process;
use crate::record::alloc::quiet::Quiet;
use crate::record::function::registry;
use crate::record::function::table::Function;
use crate::record::ledger::kind::Kind;
use crate::record::ledger::published::{self, published};
use crate::record::ledger::row::Row;
use crate::record::ledger::thread::Thread;
use crate::record::ledger::threads;
use crate::record::live::switch;
use crate::record::memory::arena;

/// Records the changes of the calling thread's line so far: of another thread's current line, only
/// what it holds can be read, not how high it was in between.
pub(crate) fn flush(backend: Backend) {
    if backend != Backend::Off
        && let Some(thread) = threads::current()
    {
        thread.ledger(kind_of(backend)).flush_unless_busy();
    }
}

/// The counters as they are, read without stopping anyone.
pub(crate) fn snapshot(backend: Backend) -> Snapshot {
    let _quiet = Quiet::enter();
    switch::note_now();
    let mut snapshot = match Recording::read(&image(backend, "")) {
        Ok(recording) => recording.snapshot,
        // Not reached: what is written here is what is read there.
        Err(_) => Snapshot { process_bytes: process_bytes(backend), ..Snapshot::empty(backend) },
    };
    // SAFETY: null or a static, which `fill_held_with` has stored.
    if let Some(fill_held) = unsafe { FILL_HELD.load(Acquire).as_ref() } {
        fill_held(&mut snapshot);
    }
    snapshot
}

/// Fills in which lines hold the memory; null without a tracer.
static FILL_HELD: AtomicPtr<fn(&mut Snapshot)> = AtomicPtr::new(ptr::null_mut());

/// From now on, snapshots are given to `fill`, which fills in which lines hold the memory.
pub fn fill_held_with(fill: &'static fn(&mut Snapshot)) {
    FILL_HELD.store(ptr::from_ref(fill).cast_mut(), Release);
}

/// Memory in use by the process: exact when no other thread allocates meanwhile.
pub(crate) fn process_bytes(backend: Backend) -> Option<u64> {
    match backend {
        Backend::Heap => Some(u64::try_from(threads::live_bytes()).unwrap_or(0)),
        Backend::Rss => process::rss(),
        Backend::Off => None,
    }
}

/// The highest resident set of the process so far.
pub(crate) fn resident_peak() -> Option<u64> {
    let _quiet = Quiet::enter();
    process::resident_peak()
}

/// The resident set, its pages of files, and the profiler's own memory, as words of a recording. With rss, the figures
/// of lines are the resident set already.
pub(crate) fn resident_set(backend: Backend, is_exact: bool) -> Option<[i64; 3]> {
    let set = if backend == Backend::Heap { brief::resident_set(is_exact) } else { None };
    set.map(|set| set.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX)))
}

/// All figures, in the form of a recording that was closed now.
pub(crate) fn image(backend: Backend, program: &str) -> Vec<u8> {
    let mut image = vec![0; layout::segment::SIZE];
    set(&mut image, 0, MAGIC);
    set(&mut image, layout::segment::VERSION, layout::VERSION.into());
    add_process(&mut image, backend, program);
    registry::functions().for_each(|(number, function)| add_texts(&mut image, number, &function));
    finish_segment(&mut image, 0);
    for segment in arena::segments() {
        let start = image.len();
        segment.words().for_each(|word| push(&mut image, word));
        finish_segment(&mut image, start);
    }
    image
}

/// The block of the process.
fn add_process(image: &mut Vec<u8>, backend: Backend, program: &str) {
    let at = image.len();
    let words = layout::packed(program.as_bytes());
    let text = layout::rounded(program.len(), WORD);
    let size = layout::rounded(layout::process::SIZE + text, UNIT);
    image.resize(at + layout::process::SIZE, 0);
    words.for_each(|word| push(image, word));
    image.resize(at + size, 0);

    let [bytes, resident_peak] = [process_bytes(backend), resident_peak()]
        .map(|bytes| bytes.and_then(|bytes| i64::try_from(bytes).ok()).unwrap_or(NEVER));
    let resident = resident_set(backend, true).unwrap_or_default();
    let (highest, peak_at_reset) = published::highest();
    for (offset, value) in [
        (0, layout::block(size, layout::PROCESS)),
        (layout::process::ID, process::id().into()),
        (layout::process::BACKEND, kind(backend).map_or(0, |kind| kind as i64)),
        (layout::process::STARTED, process::nanoseconds()),
        (layout::process::CLOSED, 1),
        (layout::process::PUBLISHED, published()),
        (layout::process::BYTES, bytes),
        (layout::process::HIGHEST, highest),
        (layout::process::RESIDENT_PEAK, resident_peak),
        (layout::process::PEAK_AT_RESET, peak_at_reset),
        (layout::process::TEXT, program.len() as i64),
        (layout::process::RESIDENT + layout::resident::BYTES, resident[0]),
        (layout::process::RESIDENT + layout::resident::FILES, resident[1]),
        (layout::process::RESIDENT + layout::resident::PROFILER, resident[2]),
    ] {
        set(image, at + offset, value);
    }
}

/// The block with the texts of a function.
fn add_texts(image: &mut Vec<u8>, number: i64, function: &Function) {
    let at = image.len();
    let (size, words) = registry::texts(number, function);
    let size = layout::rounded(size, UNIT);
    push(image, layout::block(size, layout::TEXTS));
    words.for_each(|word| push(image, word));
    image.resize(at + size, 0);
}

/// Sets the sizes of the segment that begins at `start`, of which only the used part is there.
fn finish_segment(image: &mut Vec<u8>, start: usize) {
    let used = image.len() - start;
    image.resize(start + layout::rounded(used, PAGE), 0);
    let length = image.len() - start;
    set(image, start + layout::segment::LENGTH, length as i64);
    set(image, start + layout::segment::USED, used as i64);
}

fn push(image: &mut Vec<u8>, word: i64) {
    image.extend_from_slice(&word.to_le_bytes());
}

fn set(image: &mut [u8], at: usize, word: i64) {
    if let Some(place) = image.get_mut(at..at + WORD) {
        place.copy_from_slice(&word.to_le_bytes());
    }
}

/// Sets all counters to zero. Lines that run meanwhile on other threads may keep a part.
pub(crate) fn reset(backend: Backend) {
    let kind = kind_of(backend);
    flush(backend);
    for thread in threads::all() {
        for chunk in thread.chunks() {
            chunk.iter().for_each(Row::clear);
            chunk.peak.set(0);
            chunk.set_last(&thread.ledger(kind).totals());
        }
    }
    registry::forget_readings();
    let marks = threads::current().map_or(0, Thread::highest_mark);
    published::reset_highest(marks);
    switch::reset();
}

/// The kind of ledger that frames count with; `None` where nothing is measured.
pub(crate) fn kind(backend: Backend) -> Option<Kind> {
    match backend {
        Backend::Heap => Some(Kind::Heap),
        Backend::Rss => Some(Kind::Rss),
        Backend::Off => None,
    }
}

fn kind_of(backend: Backend) -> Kind {
    kind(backend).unwrap_or(Kind::Rss)
}
