//! The highest mark of the process's live bytes, and when it was left.
//!
//! A free that finds more in use than at the highest mark so far, leaves a new one: until then nothing
//! was lost, so every line still has what it had at the mark.

use core::mem::offset_of;
use core::ptr;
use core::sync::atomic::{
    AtomicI64, AtomicPtr,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use mem_profile_format::layout;

use super::arena;
use super::common::{COMMON, Common, STOPPED};
use crate::process;
use crate::record::sync::word::Word;

/// How far a mark must be above the last one while several threads run: then the total is only known
/// within what they publish.
const STEP: i64 = layout::ledger::CENTER;

/// The epoch: the live bytes at the highest mark that was left and, above these bits, how often marks have begun.
///
/// One word, so that whoever frees after another thread has left a mark finds its epoch as well.
const BYTES_BITS: u32 = 48;
/// Above this, the next free leaves a mark.
static THRESHOLD: AtomicI64 = AtomicI64::new(0);
/// How many threads run.
static THREADS: AtomicI64 = AtomicI64::new(0);

/// The same for readers.
static BLOCK: AtomicPtr<Mark> = AtomicPtr::new(ptr::null_mut());

/// The highest mark in the memory of the figures.
#[derive(Debug)]
#[repr(C, align(64))]
struct Mark {
    block: Word,
    highest: Word,
    epoch: Word,
    /// When it was left, and when that was looked at last; 0 if never. By [`process::ticks`], as a timeline's times,
    /// so that both say the same of a moment.
    left: Word,
    now: Word,
    /// The most threads that have run at one time since then.
    threads: Word,
}

// The numbers by which recordings are read.
const _: () = {
    assert!(offset_of!(Mark, highest) == layout::mark::HIGHEST);
    assert!(offset_of!(Mark, epoch) == layout::mark::EPOCH);
    assert!(offset_of!(Mark, left) == layout::mark::LEFT);
    assert!(offset_of!(Mark, now) == layout::mark::NOW);
    assert!(offset_of!(Mark, threads) == layout::mark::THREADS);
    assert!(size_of::<Mark>() == layout::mark::SIZE);
};

/// Marks are left from now on, above the present `total`. False when memory is out.
pub(crate) fn begin(total: i64) -> bool {
    let Some(block) = arena::reserve(size_of::<Mark>()) else { return false };
    // SAFETY: the block is as long, and zeroes are valid.
    let mark: &'static Mark = unsafe { block.cast().as_ref() };
    BLOCK.store(ptr::from_ref(mark).cast_mut(), Release);
    restart(total);
    arena::finish(&mark.block, layout::MARK);
    true
}

/// The highest mark is the present `total`.
pub(crate) fn restart(total: i64) {
    let epoch = epoch_of(COMMON.epoch.load(Relaxed) + (1 << BYTES_BITS), total);
    COMMON.epoch.store(epoch, Release);
    if let Some(mark) = block() {
        mark.highest.set(highest(epoch));
        mark.threads.set(THREADS.load(Relaxed));
    }
    note(epoch);
}

/// The epoch of a mark of so many bytes.
fn epoch_of(epoch: i64, total: i64) -> i64 {
    let most = (1 << BYTES_BITS) - 1;
    epoch & !most | total.clamp(0, most)
}

/// The live bytes at the mark that has begun this epoch.
fn highest(epoch: i64) -> i64 {
    epoch & ((1 << BYTES_BITS) - 1)
}

/// It rises with each mark. A counter that has another one has not changed since the last.
#[inline(always)]
pub(crate) fn epoch() -> i64 {
    COMMON.epoch.load(Acquire)
}

/// Whether a mark is to be left before less than `total` is live.
#[inline(always)]
pub(crate) fn is_above(total: i64) -> bool {
    total > THRESHOLD.load(Relaxed)
}

/// Whether a mark is to be left before a free, or there is more to do, if this is the `live` of the thread's ledger.
///
/// PERF: one comparison in place of four instructions that add up the total, and of two that ask for budgets.
#[inline(always)]
pub(crate) fn is_stopped(live: i64) -> bool {
    compare!(live, "jg", &COMMON, Common, limit)
}

/// Whether there is more to do for a block that grows.
#[inline(always)]
pub(crate) fn is_growth_stopped() -> bool {
    compare!(-STOPPED / 2, "jg", &COMMON, Common, limit)
}

/// Frees have more to do than to look after marks.
pub(crate) fn stop_frees() {
    COMMON.limit.add_shared(-STOPPED);
}

/// The same no longer.
pub(crate) fn let_frees_pass() {
    COMMON.limit.add_shared(STOPPED);
}

/// So much more is published.
pub(crate) fn note_published(change: i64) {
    COMMON.limit.add_shared(-change);
}

/// Less than `total` will be live.
#[inline(always)]
pub(crate) fn before_shrinking(total: i64) {
    if is_above(total) {
        leave(total);
    }
}

#[cold]
#[inline(never)]
fn leave(total: i64) {
    let epoch = epoch_of(COMMON.epoch.load(Relaxed), total);
    if COMMON.epoch.fetch_max(epoch, AcqRel) < epoch {
        note(epoch);
    }
}

/// A mark was left. Another thread may leave one at the same moment, which may be the higher one.
fn note(epoch: i64) {
    set_threshold();
    if let Some(mark) = block() {
        mark.left.raise_shared(process::coarse_ticks());
        mark.highest.raise_shared(highest(epoch));
        mark.epoch.raise_shared(epoch);
    }
}

/// Notes when the figures are looked at.
pub(crate) fn note_now() {
    if let Some(mark) = block() {
        mark.now.set(process::coarse_ticks());
    }
}

fn block() -> Option<&'static Mark> {
    // SAFETY: null or a block, which is never freed.
    unsafe { BLOCK.load(Acquire).as_ref() }
}

/// A thread begins.
pub(crate) fn thread_begins() {
    let threads = THREADS.fetch_add(1, Relaxed) + 1;
    if let Some(mark) = block() {
        mark.threads.raise_shared(threads);
    }
    set_threshold();
}

/// So many threads are left, in a forked child.
pub(crate) fn threads_left(threads: i64) {
    THREADS.store(threads, Relaxed);
    set_threshold();
}

/// A thread has ended, and published all that it held.
pub(crate) fn thread_ends() {
    THREADS.fetch_sub(1, Relaxed);
    set_threshold();
}

fn set_threshold() {
    if block().is_some() {
        let step = if THREADS.load(Relaxed) > 1 { STEP } else { 0 };
        let threshold = highest(COMMON.epoch.load(Relaxed)) + step;
        let change = threshold - THRESHOLD.swap(threshold, Relaxed);
        COMMON.limit.add_shared(change);
    }
}
