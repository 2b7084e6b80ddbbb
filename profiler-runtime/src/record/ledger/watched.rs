//! The current watcher of blocks, and how ledgers learn of a new one.

use core::ptr;
use core::sync::atomic::{
    AtomicPtr,
    Ordering::{Acquire, Release, SeqCst},
    fence,
};

use super::current::QUIET;
use super::ledger::{ALWAYS, Ledger, NEVER};
use super::watcher::Watcher;

static WATCHER: AtomicPtr<Watcher> = AtomicPtr::new(ptr::null_mut());
static THREAD_END: AtomicPtr<fn()> = AtomicPtr::new(ptr::null_mut());

/// From now on this one watches, or nobody. Each of `ledgers`, which are all that there are, learns it.
pub(in crate::record) fn set(
    watcher: Option<&'static Watcher>,
    ledgers: impl Iterator<Item = &'static Ledger>,
) {
    let watcher = watcher.map_or(ptr::null(), ptr::from_ref);
    WATCHER.store(watcher.cast_mut(), Release);
    // Before the ledgers are written: see `refresh`.
    fence(SeqCst);
    ledgers.for_each(|ledger| ledger.set_watcher(watcher));
}

/// A thread's ledger learns who watches now.
pub(in crate::record) fn refresh(ledger: &Ledger) {
    loop {
        let watcher = WATCHER.load(Acquire);
        ledger.set_watcher(watcher);
        // Either `set` wrote to the ledger after this, or its watcher is seen now.
        fence(SeqCst);
        if WATCHER.load(Acquire) == watcher {
            return;
        }
    }
}

/// Has `callback` run at the end of every thread that has allocated.
pub(in crate::record) fn on_thread_end(callback: &'static fn()) {
    THREAD_END.store(ptr::from_ref(callback).cast_mut(), Release);
}

/// The calling thread is past the destructors of its thread-locals.
pub(in crate::record) fn thread_ends() {
    // SAFETY: only `on_thread_end` stores here, null or a static.
    if let Some(callback) = unsafe { THREAD_END.load(Acquire).as_ref() } {
        callback();
    }
}

impl Ledger {
    /// Any thread may call it; the ledger's own goes by what it finds.
    pub(in crate::record) fn set_watcher(&self, watcher: *const Watcher) {
        // The profiler's own blocks are not watched. A block that it frees may have been the program's.
        let is_watched = !watcher.is_null() && !ptr::eq(self, &raw const QUIET);
        self.next_sample_at.set(if is_watched { ALWAYS } else { NEVER });
        self.watcher.publish(watcher.cast_mut());
    }

    /// The thread lets its watcher wait, unless that has changed meanwhile.
    pub(crate) fn set_next_sample(&self, allocated: i64, watcher: &'static Watcher) {
        self.next_sample_at.set(allocated);
        fence(SeqCst);
        if !ptr::eq(WATCHER.load(Acquire), watcher) {
            refresh(self);
        }
    }
}
