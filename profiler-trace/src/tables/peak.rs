//! Bytes traced in the whole process, and when they were most.
//!
//! A thread keeps its own change until it leaves a window, as the ledgers do. The **epoch** is
//! raised by a free that finds more live than at the highest mark so far. A counter that changes
//! afterwards first keeps its value, which is its value at the mark.
//!
//! PERF: nothing is copied at a peak, which a growing program reaches with each allocation. A counter
//! compares its epoch instead, in an allocation and a free of 462 instructions (docs/costs.md).

use core::sync::atomic::{
    AtomicI64,
    Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst},
    compiler_fence,
};

use mem_profile_runtime::internal::{Word, coarse_ticks};

/// How far a thread's share may go before it publishes it, in bytes.
const WINDOW: i64 = 64 * 1024;

static LIVE: AtomicI64 = AtomicI64::new(0);
/// The bytes at the highest mark that was left and, above these bits, how often marks have begun.
///
/// One word, so that whoever frees after another thread has left a mark finds its epoch as well.
static EPOCH: AtomicI64 = AtomicI64::new(0);
const BYTES_BITS: u32 = 48;
/// Above this, the next free leaves a mark.
static THRESHOLD: AtomicI64 = AtomicI64::new(0);
/// How far a mark must be above the last one. With several threads the total is only known
/// within a window.
static STEP: AtomicI64 = AtomicI64::new(0);
/// When the highest mark was left: nanoseconds on the runtime's clock.
static LEFT: AtomicI64 = AtomicI64::new(0);

/// One thread's part of the total.
#[derive(Debug)]
pub(crate) struct Part {
    /// Not yet added to [`LIVE`].
    unpublished: Word,
    /// The highest total that this thread saw.
    highest: Word,
}

impl Part {
    pub(crate) const fn new() -> Self {
        Self { unpublished: Word::new(0), highest: Word::new(0) }
    }

    /// More is live. Returns the epoch in which to count it.
    #[inline(always)]
    pub(crate) fn grow(&self, bytes: i64) -> i64 {
        let unpublished = self.unpublished.add(bytes);
        self.highest.raise(LIVE.load(Relaxed) + unpublished);
        if unpublished > WINDOW {
            self.publish();
        }
        EPOCH.load(Acquire)
    }

    /// Less will be live. Returns the epoch in which to count it.
    #[inline(always)]
    pub(crate) fn shrink(&self, bytes: i64) -> i64 {
        // Not what was live when this thread allocated last: others may have freed since.
        let total = LIVE.load(Relaxed) + self.unpublished.get();
        if total > THRESHOLD.load(Relaxed) {
            leave_mark(total);
        }
        if self.unpublished.add(-bytes) < -WINDOW {
            self.publish();
        }
        EPOCH.load(Acquire)
    }

    /// Adds what this thread kept to the total.
    pub(crate) fn publish(&self) {
        let unpublished = self.unpublished.get();
        // In this order, so that a handler of a signal never finds more than there is.
        self.unpublished.set(0);
        compiler_fence(SeqCst);
        LIVE.fetch_add(unpublished, Relaxed);
    }

    /// More is live: a signal handler that interrupted this thread counted it elsewhere.
    pub(crate) fn raise_highest(&self) {
        self.highest.raise(LIVE.load(Relaxed) + self.unpublished.get());
    }

    pub(crate) fn clear(&self) {
        self.unpublished.set(0);
        self.highest.set(0);
    }

    pub(crate) fn unpublished(&self) -> i64 {
        self.unpublished.get()
    }

    pub(crate) fn highest(&self) -> i64 {
        self.highest.get()
    }

    /// The mark starts again from here.
    pub(crate) fn restart_at(&self, total: i64) {
        self.highest.set(total);
    }
}

/// A thread without counters of its own changes the total.
pub(crate) fn change_shared(bytes: i64) {
    LIVE.fetch_add(bytes, Relaxed);
}

pub(crate) fn live() -> i64 {
    LIVE.load(Relaxed)
}

/// The highest mark that was left, and the epoch that began then.
pub(crate) fn mark() -> (i64, i64) {
    let epoch = EPOCH.load(Acquire);
    (highest(epoch), epoch)
}

/// From now on, marks are above `total`.
pub(crate) fn reset(total: i64) {
    EPOCH.store(epoch_of(EPOCH.load(Relaxed).wrapping_add(1 << BYTES_BITS), total), Release);
    note_mark();
}

#[cold]
#[inline(never)]
fn leave_mark(total: i64) {
    let epoch = epoch_of(EPOCH.load(Relaxed), total);
    if EPOCH.fetch_max(epoch, AcqRel) < epoch {
        note_mark();
    }
}

/// The epoch of a mark of so many bytes.
fn epoch_of(epoch: i64, total: i64) -> i64 {
    let most = (1 << BYTES_BITS) - 1;
    epoch & !most | total.clamp(0, most)
}

/// The bytes at the mark that has begun this epoch.
fn highest(epoch: i64) -> i64 {
    epoch & ((1 << BYTES_BITS) - 1)
}

fn note_mark() {
    set_threshold();
    LEFT.store(coarse_ticks(), Relaxed);
}

fn set_threshold() {
    THRESHOLD.store(mark().0 + STEP.load(Relaxed), Relaxed);
}

/// When the highest mark was left, or now if it is still being raised.
pub(crate) fn time(is_left: bool) -> u64 {
    let time = if is_left { LEFT.load(Relaxed) } else { coarse_ticks() };
    time.max(0).unsigned_abs()
}

/// By how many bytes the highest mark may be wrong after so many threads.
pub(crate) fn uncertainty(threads: usize) -> u64 {
    threads.saturating_sub(1) as u64 * WINDOW.unsigned_abs()
}

/// Nothing is traced any more.
pub(crate) fn clear() {
    LIVE.store(0, Relaxed);
    reset(0);
}

/// More than one thread is traced.
pub(crate) fn several_threads() {
    STEP.store(WINDOW, Relaxed);
    set_threshold();
}
