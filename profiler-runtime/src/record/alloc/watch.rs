//! Who is told of every block that comes and goes, if anybody.
//!
//! The tracer puts itself here; the line profiler does not know it. Without the feature `trace`
//! nobody can, and the compiler drops the questions.

#[cfg(feature = "trace")]
use core::sync::atomic::{
    AtomicPtr,
    Ordering::{Acquire, Release, SeqCst},
    fence,
};

#[cfg(feature = "trace")]
use crate::record::ledger::ledger::Ledger;
#[cfg(feature = "trace")]
use crate::record::ledger::thread;
#[cfg(feature = "trace")]
use crate::record::memory::pages::Pages;

/// What is called for blocks, on the thread that asked for them. None of it may allocate through
/// the global allocator, unwind, or wait.
#[derive(Debug)]
pub(crate) struct Watcher {
    /// A block of this size was made, with which the thread's ledger has
    /// [reached](crate::record::ledger::ledger::Ledger::is_reached) what the watcher waits for.
    /// Returns the block.
    pub(crate) allocated: fn(block: *mut u8, size: usize) -> *mut u8,
    /// A block is about to be freed.
    pub(crate) freed: fn(block: usize, size: usize),
    /// In which pages there are blocks that the watcher knows; `None` where it knows most. It is
    /// not told of what is freed elsewhere.
    #[cfg(feature = "trace")]
    pub(crate) pages: Option<&'static Pages>,
    /// A block is about to be reallocated: what is known of it is forgotten and returned.
    pub(crate) moving: fn(block: usize) -> u32,
    /// How that went, with what `moving` returned.
    pub(crate) moved: fn(mark: u32, Moved),
}

impl Watcher {
    /// Whether it is to be told that the block is freed.
    #[inline(always)]
    #[cfg_attr(not(feature = "trace"), expect(unused_variables, reason = "nobody watches"))]
    pub(crate) fn may_know(&self, block: *mut u8) -> bool {
        #[cfg(feature = "trace")]
        return self.pages.is_none_or(|pages| pages.may_hold(block.addr()));
        #[cfg(not(feature = "trace"))]
        false
    }
}

/// The end of a reallocation.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "trace"), expect(dead_code, reason = "nobody watches"))]
pub(crate) enum Moved {
    /// The block stays as it was.
    Failed { block: usize },
    /// An allocator inside has told of the new block already.
    Told { old_size: usize },
    /// The new block.
    To { block: usize, old_size: usize, size: usize },
}

#[cfg(feature = "trace")]
static WATCHER: AtomicPtr<Watcher> = AtomicPtr::new(core::ptr::null_mut());
#[cfg(feature = "trace")]
static THREAD_END: AtomicPtr<fn()> = AtomicPtr::new(core::ptr::null_mut());

/// From now on this one watches, or nobody: every block of every thread, until it says otherwise
/// for a thread.
#[cfg(feature = "trace")]
pub(crate) fn watch(watcher: Option<&'static Watcher>) {
    let watcher = watcher.map_or(core::ptr::null(), core::ptr::from_ref);
    WATCHER.store(watcher.cast_mut(), Release);
    // Before the ledgers are written: see `tell`.
    fence(SeqCst);
    thread::all_ledgers().for_each(|ledger| ledger.set_watcher(watcher));
}

/// A thread's ledger learns who watches now.
#[cfg(feature = "trace")]
pub(crate) fn tell(ledger: &Ledger) {
    loop {
        let watcher = WATCHER.load(Acquire);
        ledger.set_watcher(watcher);
        // Either `watch` wrote to the ledger after this, or its watcher is seen now.
        fence(SeqCst);
        if WATCHER.load(Acquire) == watcher {
            return;
        }
    }
}

/// The same, if it is not this one any more. To be called after a write to the ledger.
#[cfg(feature = "trace")]
pub(crate) fn tell_if_other(ledger: &Ledger, watcher: &'static Watcher) {
    fence(SeqCst);
    if !core::ptr::eq(WATCHER.load(Acquire), watcher) {
        tell(ledger);
    }
}

/// Has `callback` run at the end of every thread that has allocated.
#[cfg(feature = "trace")]
pub(crate) fn on_thread_end(callback: &'static fn()) {
    THREAD_END.store(core::ptr::from_ref(callback).cast_mut(), Release);
}

/// The calling thread is past the destructors of its thread-locals.
pub(crate) fn thread_ends() {
    #[cfg(feature = "trace")]
    // SAFETY: only `on_thread_end` stores here, null or a static.
    if let Some(callback) = unsafe { THREAD_END.load(Acquire).as_ref() } {
        callback();
    }
}
