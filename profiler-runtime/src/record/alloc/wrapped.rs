//! Whether a wrapped allocator has counted by itself: the counts of the thread show it.
//!
//! A signal handler may allocate at any moment. It comes in by the outermost allocator, as
//! everybody does, and finds that one at work already. Its counts are kept apart, so that the
//! interrupted operation does not see them.

use core::cell::Cell;
use core::ptr;
use core::sync::atomic::{
    AtomicBool,
    Ordering::{Relaxed, SeqCst},
    compiler_fence,
};

use crate::record::ledger::current::shared_ledger_uses;
use crate::record::ledger::threads;

/// Differs before and after anything that was counted on this thread, and by nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stamp {
    live: i64,
    operations: i64,
}

impl Stamp {
    pub(crate) fn now() -> Self {
        // Registers the thread, so that only counting makes a difference from here on.
        let totals = threads::current().map(|thread| thread.heap().totals());
        let (live, blocks) = totals.map_or((0, 0), |totals| (totals.live, totals.allocations));
        Self { live, operations: blocks.wrapping_add(shared_ledger_uses()) }
    }

    const fn since(self, other: Self) -> Self {
        Self {
            live: self.live.wrapping_sub(other.live),
            operations: self.operations.wrapping_sub(other.operations),
        }
    }

    /// The same without the counts of interrupting handlers.
    fn own() -> Self {
        loop {
            let of_handlers = OF_HANDLERS.get();
            let own = Self::now().since(of_handlers);
            // The next round is only for a handler that came in between.
            if is_still(of_handlers, || OF_HANDLERS.get()) {
                return own;
            }
        }
    }
}

/// Whether an allocator that wraps another one was called.
static IS_SEEN: AtomicBool = AtomicBool::new(false);

/// The same.
pub(crate) fn is_wrapping_seen() -> bool {
    IS_SEEN.load(Relaxed)
}

/// Whether no handler has changed it.
fn is_still(stamp: Stamp, now: impl FnOnce() -> Stamp) -> bool {
    compiler_fence(SeqCst);
    now() == stamp
}

thread_local! {
    // Const and without a destructor, as the ledger's.
    static OUTERMOST: Cell<*const ()> = const { Cell::new(ptr::null()) };
    static OF_HANDLERS: Cell<Stamp> = const { Cell::new(Stamp { live: 0, operations: 0 }) };
}

/// An allocator that wraps another one is at work, until it is dropped.
#[derive(Debug)]
pub(in crate::record) struct Wrapping {
    before: Stamp,
    role: Role,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Outermost,
    Inside,
    /// In a signal handler.
    Interrupting,
}

impl Wrapping {
    /// `mark` lies in the allocator, at a place that no other one has.
    pub(in crate::record) fn begin(mark: *const ()) -> Self {
        let role = match OUTERMOST.get() {
            none if none.is_null() => Role::Outermost,
            outermost if outermost == mark => Role::Interrupting,
            _ => Role::Inside,
        };
        if role == Role::Outermost {
            OUTERMOST.set(mark);
            IS_SEEN.store(true, Relaxed);
        }
        compiler_fence(SeqCst);
        Self { before: Stamp::own(), role }
    }

    /// Whether the allocator inside has counted.
    pub(in crate::record) fn is_counted(&self) -> bool {
        Stamp::own() != self.before
    }
}

impl Drop for Wrapping {
    fn drop(&mut self) {
        compiler_fence(SeqCst);
        match self.role {
            Role::Outermost => OUTERMOST.set(ptr::null()),
            Role::Interrupting => loop {
                let now = Stamp::now();
                OF_HANDLERS.set(now.since(self.before));
                if is_still(now, Stamp::now) {
                    break;
                }
            },
            Role::Inside => {}
        }
    }
}
