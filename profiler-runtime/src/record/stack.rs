//! What frames give back when they end: a stack of it for every ledger.
//!
//! It lies here and not in the frames, so that a frame is two pointers, which the compiler keeps in
//! registers, and a call has little to copy. And it lies where the figures are, because the frames
//! above [`Stack::complete`] have not written anything else about their callers: a reader finds it
//! out from here.

use core::cell::Cell;
use core::ptr::{self, NonNull};

use super::arena;
use super::layout;
use super::row::{Chunk, Header, Row};
use super::word::{Pointer, Word};

/// What a frame gives back when it ends.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Aside {
    /// The chunk of the frame that ran before this one, or null.
    pub(crate) caller: Pointer<Header>,
    /// The row that was current.
    pub(crate) row: Pointer<Row>,
    /// Where the next outer frame of the same function was left. This and what follows is set when
    /// the caller is complete.
    pub(crate) outer: Word,
    /// Where the caller's line and peak stood, in absolute bytes.
    pub(crate) line_start: Word,
    pub(crate) frame_peak: Word,
}

/// For so many frames, at first.
const SMALLEST: usize = 64;

/// The innermost frame is the last one. Null pointers are an empty stack.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Stack {
    /// Behind the last one.
    pub(super) top: Pointer<Aside>,
    /// Behind the last one whose caller's books are complete. Nothing has changed between the
    /// entries of the frames above.
    pub(super) complete: Pointer<Aside>,
    begin: Cell<*mut Aside>,
    #[cfg(target_pointer_width = "32")]
    _high: u32,
    end: Cell<*mut Aside>,
    #[cfg(target_pointer_width = "32")]
    _high_too: u32,
}

// SAFETY: the cells are used by the thread alone whose ledger the stack is in; the next thread
// takes that over with acquire ordering (`super::claim`).
unsafe impl Sync for Stack {}
// SAFETY: as above.
unsafe impl Send for Stack {}

impl Stack {
    pub(crate) const fn new() -> Self {
        Self {
            top: Pointer::new(ptr::null_mut()),
            complete: Pointer::new(ptr::null_mut()),
            begin: Cell::new(ptr::null_mut()),
            #[cfg(target_pointer_width = "32")]
            _high: 0,
            end: Cell::new(ptr::null_mut()),
            #[cfg(target_pointer_width = "32")]
            _high_too: 0,
        }
    }

    #[inline(always)]
    pub(crate) fn is_full(&self) -> bool {
        self.top.get() == self.end.get()
    }

    /// Puts one more on the stack; false where that is full.
    #[inline(always)]
    pub(crate) fn push(&self, caller: *mut Header, row: &'static Row) -> bool {
        let top = self.top.get();
        if top == self.end.get() {
            return false;
        }
        // SAFETY: as it is not full, there is room between `top` and `end`.
        let aside = unsafe { &*top };
        aside.caller.set(caller);
        aside.row.set(ptr::from_ref(row).cast_mut());
        self.top.set(top.wrapping_add(1));
        true
    }

    #[inline(always)]
    pub(crate) fn is_complete(&self) -> bool {
        self.top.get() == self.complete.get()
    }

    /// Takes the last one away, unless the books of its caller are complete, and hands it to `resume`
    /// with whether those of all others are.
    #[inline(always)]
    pub(super) fn pop_incomplete(&self, resume: impl FnOnce(&Aside, bool)) -> bool {
        let (top, complete) = (self.top.get(), self.complete.get());
        if top == complete {
            return false;
        }
        let top = top.wrapping_sub(1);
        self.top.set(top);
        // SAFETY: what lies between `complete` and `top` was written by `push`, and no other is
        // pushed meanwhile.
        resume(unsafe { &*top }, top == complete);
        true
    }

    /// All that are not complete, the outermost first.
    pub(super) fn incomplete(&self) -> impl Iterator<Item = &Aside> {
        let (mut at, top) = (self.complete.get(), self.top.get());
        core::iter::from_fn(move || {
            // SAFETY: what lies between `complete` and `top` was written by `push`.
            let aside = (at != top).then(|| unsafe { &*at });
            at = at.wrapping_add(aside.is_some().into());
            aside
        })
    }

    /// Takes away what the innermost frame of `chunk` put here, and what lies above: frames on
    /// other stacks of a thread that has several may end in another order. `running` is the chunk
    /// of the frame that runs. The entry is valid until the next one is pushed.
    pub(crate) fn pop_of(&self, chunk: Chunk, running: Option<Chunk>) -> Option<&Aside> {
        let mut entered = running.map_or(ptr::null_mut(), Chunk::as_ptr);
        let mut top = self.top.get();
        while top != self.begin.get() {
            top = top.wrapping_sub(1);
            // SAFETY: what lies between `begin` and `top` was written by `push`.
            let aside = unsafe { &*top };
            if entered == chunk.as_ptr() {
                self.top.set(top);
                self.complete.set(top);
                return Some(aside);
            }
            entered = aside.caller.get();
        }
        None
    }

    /// How many frames are on it.
    pub(crate) fn depth(&self) -> usize {
        (self.top.get().addr() - self.begin.get().addr()) / size_of::<Aside>()
    }

    pub(crate) fn clear(&self) {
        self.top.set(self.begin.get());
        self.complete.set(self.begin.get());
    }

    /// Makes room for more, on a stack that is complete; `None` when memory is out.
    #[cold]
    pub(crate) fn grow(&self) -> Option<()> {
        let old = self.begin.get();
        let count = self.depth();
        let room = (2 * count).max(SMALLEST);
        let block = arena::reserve(layout::UNIT + room * size_of::<Aside>())?;
        let begin = Self::entries(block);
        for index in 0..count {
            // SAFETY: both blocks hold as many, which were written by `push`.
            let (from, to) = unsafe { (&*old.add(index), &*begin.add(index)) };
            to.copy(from);
        }
        // SAFETY: `reserve` gives a word, never freed.
        arena::finish(unsafe { block.as_ref() }, layout::STACK);
        let old_block = NonNull::new(old.wrapping_byte_sub(layout::UNIT).cast::<Word>());
        self.begin.set(begin);
        self.end.set(begin.wrapping_add(room));
        self.top.set(begin.wrapping_add(count));
        self.complete.set(begin.wrapping_add(count));
        if let Some(block) = old_block.filter(|_| !old.is_null()) {
            // SAFETY: the block that the old entries are in, never freed.
            arena::abandon(unsafe { block.as_ref() });
        }
        Some(())
    }

    /// Entries lie in a block behind a unit for its header.
    fn entries(block: NonNull<Word>) -> *mut Aside {
        block.as_ptr().wrapping_byte_add(layout::UNIT).cast()
    }
}

impl Aside {
    #[inline(always)]
    pub(crate) fn row(&self) -> &'static Row {
        // SAFETY: `push` was given the current row of a ledger, which is never freed.
        unsafe { NonNull::new_unchecked(self.row.get()).as_ref() }
    }

    fn copy(&self, from: &Self) {
        self.caller.set(from.caller.get());
        self.row.set(from.row.get());
        for (word, from) in [
            (&self.outer, &from.outer),
            (&self.line_start, &from.line_start),
            (&self.frame_peak, &from.frame_peak),
        ] {
            word.set(from.get());
        }
    }
}
