//! Bytes traced in the whole process, and when they were most.
//!
//! A thread keeps its own change until it leaves a window, as the ledgers do. The **epoch** is
//! raised by the first free after a new highest mark: counters that change afterwards first keep
//! what they held, which is what they held at the mark. So nothing is copied at a peak.

use core::sync::atomic::{
    AtomicI64, AtomicU32,
    Ordering::{AcqRel, Acquire, Relaxed, SeqCst},
    compiler_fence,
};

use mem_profile_runtime::internal::Word;

/// What a thread keeps to itself before it tells, in bytes.
const WINDOW: i64 = 64 * 1024;

static LIVE: AtomicI64 = AtomicI64::new(0);
static HIGHEST: AtomicI64 = AtomicI64::new(0);
static EPOCH: AtomicU32 = AtomicU32::new(0);
/// How far a mark must be above the last one. With several threads the total is only known
/// within a window.
static STEP: AtomicI64 = AtomicI64::new(0);

/// One thread's part of the total.
#[derive(Debug)]
pub(crate) struct Part {
    /// Not yet added to [`LIVE`].
    untold: Word,
    /// The highest total that this thread saw.
    seen: Word,
}

impl Part {
    pub(crate) const fn new() -> Self {
        Self { untold: Word::new(0), seen: Word::new(0) }
    }

    /// More is live. Returns the epoch to book it in.
    #[inline(always)]
    pub(crate) fn grow(&self, bytes: i64) -> u32 {
        let untold = self.untold.add(bytes);
        self.seen.raise(LIVE.load(Relaxed) + untold);
        if untold > WINDOW {
            self.tell();
        }
        EPOCH.load(Acquire)
    }

    /// Less will be live. Returns the epoch to book it in.
    #[inline(always)]
    pub(crate) fn shrink(&self, bytes: i64) -> u32 {
        if self.seen.get() > HIGHEST.load(Relaxed) + STEP.load(Relaxed) {
            self.leave_mark();
        }
        if self.untold.add(-bytes) < -WINDOW {
            self.tell();
        }
        EPOCH.load(Acquire)
    }

    #[cold]
    #[inline(never)]
    fn leave_mark(&self) {
        let seen = self.seen.get();
        if HIGHEST.fetch_max(seen, AcqRel) < seen {
            EPOCH.fetch_add(1, AcqRel);
        }
    }

    /// Adds what this thread kept to the total.
    pub(crate) fn tell(&self) {
        let untold = self.untold.get();
        // In this order, so that a handler of a signal never finds more than there is.
        self.untold.set(0);
        compiler_fence(SeqCst);
        LIVE.fetch_add(untold, Relaxed);
    }

    /// More is live, of which a handler says so that came upon this part at work.
    pub(crate) fn look_again(&self) {
        self.seen.raise(LIVE.load(Relaxed) + self.untold.get());
    }

    pub(crate) fn clear(&self) {
        self.untold.set(0);
        self.seen.set(0);
    }

    pub(crate) fn untold(&self) -> i64 {
        self.untold.get()
    }

    pub(crate) fn seen(&self) -> i64 {
        self.seen.get()
    }

    /// The mark starts again from here.
    pub(crate) fn forget(&self, total: i64) {
        self.seen.set(total);
    }
}

/// A thread without books of its own changes the total.
pub(crate) fn change_shared(bytes: i64) {
    LIVE.fetch_add(bytes, Relaxed);
}

pub(crate) fn live() -> i64 {
    LIVE.load(Relaxed)
}

/// The highest mark that was left, and the epoch that began then.
pub(crate) fn mark() -> (i64, u32) {
    (HIGHEST.load(Relaxed), EPOCH.load(Acquire))
}

/// From now on, marks are above `total`.
pub(crate) fn reset(total: i64) {
    HIGHEST.store(total, Relaxed);
    EPOCH.fetch_add(1, AcqRel);
}

/// Nothing is traced any more.
pub(crate) fn clear() {
    LIVE.store(0, Relaxed);
    reset(0);
}

/// More than one thread is traced.
pub(crate) fn several_threads() {
    STEP.store(WINDOW, Relaxed);
}
