//! The live bytes of the process, as far as its threads have published them, and their high-water marks.
//!
//! A thread publishes what it holds when that has changed by 64 KiB. Each time, all marks that are set are
//! raised.

use core::alloc::Layout;
use core::ptr;
use core::sync::atomic::{
    AtomicI64, AtomicPtr, AtomicUsize,
    Ordering::{Relaxed, SeqCst},
};
use std::alloc::{GlobalAlloc, System};

use mem_profile_format::layout;

use crate::record::memory::process_block::Process;
use crate::record::memory::{arena, mark};
use crate::record::sync::claim::Claim;
use crate::record::sync::list::{List, Node};

/// A ledger's live bytes start here, so that [`PUBLISHED`] and the live bytes of one thread add up to what
/// that thread knows of the process.
pub(crate) const CENTER: i64 = layout::ledger::CENTER;

/// Bytes live in the process as far as the threads have published them, less [`CENTER`].
static PUBLISHED: AtomicI64 = AtomicI64::new(-CENTER);

/// The highest of [`published`] since the process began, or since a reset.
static HIGHEST: AtomicI64 = AtomicI64::new(0);

/// The highest marks of the thread that has reset the figures last, in absolute bytes; 0 where none has.
static PEAK_AT_RESET: AtomicI64 = AtomicI64::new(0);

/// Adds what a thread holds.
pub(in crate::record) fn publish(change: i64) {
    let before = PUBLISHED.fetch_add(change, Relaxed);
    let now = before.wrapping_add(change) + CENTER;
    HIGHEST.fetch_max(now, Relaxed);
    mark::note_published(change);
    arena::note_published(now);
    note(now);
}

/// The highest that was published, and the highest marks of the thread that has reset the figures last.
pub(crate) fn highest() -> (i64, i64) {
    (HIGHEST.load(Relaxed), PEAK_AT_RESET.load(Relaxed))
}

/// The process's peak counts from here on. The calling thread's marks have come to this, in absolute bytes.
pub(crate) fn reset_highest(marks: i64) {
    HIGHEST.store(published(), Relaxed);
    PEAK_AT_RESET.store(marks, Relaxed);
    arena::recorded().into_iter().for_each(describe);
}

/// Has a recording begin with what was published before.
pub(crate) fn describe(process: &Process) {
    let (highest, at_reset) = highest();
    process.published.set(published());
    process.highest.set(highest);
    process.peak_at_reset.set(at_reset);
}

/// Bytes live in the process as far as the threads have published them.
pub(crate) fn published() -> i64 {
    PUBLISHED.load(Relaxed) + CENTER
}

/// The same less [`CENTER`].
#[inline(always)]
pub(in crate::record) fn uncentered() -> i64 {
    PUBLISHED.load(Relaxed)
}

/// Never freed, but used again.
#[derive(Debug)]
struct Watermark {
    next: AtomicPtr<Self>,
    claim: Claim,
    highest: AtomicI64,
}

static WATERMARKS: List<Watermark> = List::new(AtomicPtr::new(ptr::null_mut()));
static SET: AtomicUsize = AtomicUsize::new(0);

impl Node for Watermark {
    fn next(&self) -> &AtomicPtr<Self> {
        &self.next
    }
}

/// Raises the marks to the live bytes of the process, as published.
fn note(published: i64) {
    if SET.load(Relaxed) != 0 {
        WATERMARKS.iter().for_each(|mark| _ = mark.highest.fetch_max(published, Relaxed));
    }
}

/// A mark that is set until it is dropped.
#[derive(Debug)]
pub(crate) struct Mark(&'static Watermark);

impl Mark {
    /// At the present height; `None` when memory is out.
    pub(crate) fn set() -> Option<Self> {
        let mark = WATERMARKS.iter().find(|mark| mark.claim.take()).or_else(Watermark::make)?;
        mark.highest.store(i64::MIN, Relaxed);
        // Before the height is read: what is published meanwhile is noted.
        SET.fetch_add(1, SeqCst);
        mark.highest.fetch_max(published(), Relaxed);
        Some(Self(mark))
    }

    /// The highest that has been published since.
    pub(crate) fn highest(&self) -> i64 {
        self.0.highest.load(Relaxed)
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        SET.fetch_sub(1, Relaxed);
        self.0.claim.release();
    }
}

impl Watermark {
    fn make() -> Option<&'static Self> {
        // SAFETY: the layout is not empty. `System` is called directly, past all counting.
        let place = unsafe { System.alloc_zeroed(Layout::new::<Self>()) }.cast::<Self>();
        // SAFETY: null, or zeroes, which are valid: a null pointer, a claim that nobody holds, a number.
        // It is ours and never freed.
        let mark = unsafe { place.as_ref() }?;
        mark.claim.take();
        WATERMARKS.push(mark);
        Some(mark)
    }
}
