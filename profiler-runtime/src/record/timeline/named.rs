//! Named blocks that are open: what the guard of one shares with the thread or task it began on.
//!
//! A guard may be moved, and dropped anywhere; meanwhile the block is around the calls of where it
//! began. So what both must know lies by itself, and goes back to a pool when neither needs it.

use core::alloc::Layout;
use core::cell::Cell;
use core::ptr;
use core::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use super::span::Span;
use crate::process;
use crate::record::sync::word::Word;

/// One run of a named block. Zeroes are one that nobody uses.
#[derive(Debug)]
pub(crate) struct NamedBlock {
    /// The guard, and the track or task that the block is on: how many of them need it.
    holders: AtomicUsize,
    is_open: AtomicBool,
    level: Word,
    /// Null where the run is not kept.
    span: AtomicPtr<Span>,
    /// The next one of a [`Blocks`], which has the only writer.
    next: AtomicPtr<NamedBlock>,
}

/// Those that nobody uses. They are put in one by one, and taken out all at once: so nobody who puts
/// one in can mistake what was there for what is there again.
static UNUSED: AtomicPtr<NamedBlock> = AtomicPtr::new(ptr::null_mut());

/// Made at one time.
const AT_ONCE: usize = 32;

impl NamedBlock {
    pub(in crate::record) fn level(&self) -> i64 {
        self.level.get()
    }

    /// Whether its guard has not been dropped yet.
    pub(in crate::record) fn is_open(&self) -> bool {
        self.is_open.load(Relaxed)
    }

    /// For the guard, which needs it no more: ends the block.
    pub(in crate::record) fn close(&'static self) {
        self.is_open.store(false, Relaxed);
        self.release();
    }

    pub(in crate::record) fn span(&self) -> Option<&'static Span> {
        // SAFETY: null or from a `&'static Span` in `Spare::begin`.
        unsafe { self.span.load(Relaxed).as_ref() }
    }

    /// Its run is kept.
    pub(in crate::record) fn set_span(&self, span: &'static Span) {
        self.span.store(ptr::from_ref(span).cast_mut(), Relaxed);
    }

    /// One more needs it.
    pub(in crate::record) fn hold(&self) {
        self.holders.fetch_add(1, Relaxed);
    }

    /// For a holder, who needs it no more.
    pub(in crate::record) fn release(&'static self) {
        // Acquire and release: the last one comes after all that the other one did.
        if self.holders.fetch_sub(1, AcqRel) == 1 {
            self.put_back();
        }
    }

    fn put_back(&'static self) {
        let mut first = UNUSED.load(Relaxed);
        loop {
            self.next.store(first, Relaxed);
            let new = ptr::from_ref(self).cast_mut();
            match UNUSED.compare_exchange_weak(first, new, Release, Relaxed) {
                Ok(_) => return,
                Err(current) => first = current,
            }
        }
    }
}

/// Some blocks in a row, each in no other one.
#[derive(Debug)]
pub(in crate::record) struct Blocks(Option<&'static NamedBlock>);

impl Blocks {
    pub(in crate::record) const fn none() -> Self {
        Self(None)
    }

    pub(in crate::record) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(in crate::record) fn push(&mut self, block: &'static NamedBlock) {
        let next = self.0.map_or(ptr::null_mut(), |next| ptr::from_ref(next).cast_mut());
        block.next.store(next, Relaxed);
        self.0 = Some(block);
    }

    /// Takes out the one that was put in last.
    pub(in crate::record) fn pop(&mut self) -> Option<&'static NamedBlock> {
        let first = self.0?;
        // SAFETY: null or from a `&'static NamedBlock`.
        self.0 = unsafe { first.next.load(Relaxed).as_ref() };
        Some(first)
    }

    /// All that nobody uses; new ones where there are none, and none when memory is out.
    fn unused() -> Self {
        // SAFETY: null or from a `&'static NamedBlock`. Acquire: what its last holder did is done.
        let found = unsafe { UNUSED.swap(ptr::null_mut(), Acquire).as_ref() };
        if found.is_some() { Self(found) } else { Self::reserve() }
    }

    #[cold]
    fn reserve() -> Self {
        let mut all = Self::none();
        let new = process::allocate_lasting(Layout::new::<[NamedBlock; AT_ONCE]>());
        // SAFETY: zeroes, which are valid, of this size; never freed.
        let new = new.map(|new| unsafe { new.cast::<[NamedBlock; AT_ONCE]>().as_ref() });
        new.into_iter().flatten().for_each(|block| all.push(block));
        all
    }
}

/// Unused blocks that one thread has for itself. Zeroes are none.
#[derive(Debug)]
pub(in crate::record) struct Spare(Cell<Option<&'static NamedBlock>>);

impl Spare {
    /// A block that begins, for its guard alone; `None` when memory is out.
    pub(in crate::record) fn begin(&self, level: i64) -> Option<&'static NamedBlock> {
        let mut spare = Blocks(self.0.take());
        if spare.is_empty() {
            spare = Blocks::unused();
        }
        let block = spare.pop()?;
        self.0.set(spare.0);
        block.holders.store(1, Relaxed);
        block.is_open.store(true, Relaxed);
        block.level.set(level);
        block.span.store(ptr::null_mut(), Relaxed);
        Some(block)
    }
}
