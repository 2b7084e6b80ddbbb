//! What frames give back when they end: a stack of it for every thread.
//!
//! It lies here and not in the frames, so that a frame is two pointers, which the compiler keeps in
//! registers, and a call has little to copy.

use core::alloc::Layout;
use core::cell::Cell;
use core::ptr;
use std::alloc::{GlobalAlloc, System};

use super::booking::Marks;
use super::row::{Chunk, Header};

/// What a frame gives back when it ends.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Aside {
    /// The chunk of the frame that ran before this one, or null.
    pub(crate) caller: *mut Header,
    /// Where the next outer frame of the same function was left.
    pub(crate) outer: i64,
    pub(crate) marks: Marks,
}

/// For so many frames, at first.
const SMALLEST: usize = 256;

/// The innermost frame is the last one. Zeroes are an empty stack.
#[derive(Debug)]
pub(crate) struct Stack {
    begin: Cell<*mut Aside>,
    /// Behind the last one.
    top: Cell<*mut Aside>,
    end: Cell<*mut Aside>,
}

// SAFETY: a stack is in the record of a thread and is used by that thread alone; the next thread
// takes the record over with acquire ordering (`super::claim`).
unsafe impl Sync for Stack {}
// SAFETY: as above.
unsafe impl Send for Stack {}

impl Stack {
    #[inline(always)]
    pub(crate) fn is_full(&self) -> bool {
        self.top.get() == self.end.get()
    }

    /// Puts one more on a stack that is not full: to be asked, or [reserved](Self::reserve), before.
    #[inline(always)]
    pub(crate) fn push(&self, aside: Aside) {
        let top = self.top.get();
        // SAFETY: as it is not full, there is room between `top` and `end`.
        unsafe { top.write(aside) };
        self.top.set(top.wrapping_add(1));
    }

    /// The last one, which stays.
    #[inline(always)]
    pub(crate) fn last(&self) -> Option<&Aside> {
        let top = self.top.get();
        // SAFETY: what lies between `begin` and `top` was written by `push`.
        (top != self.begin.get()).then(|| unsafe { &*top.wrapping_sub(1) })
    }

    /// Takes the last one away, which is there.
    #[inline(always)]
    pub(crate) fn pop(&self) {
        self.top.set(self.top.get().wrapping_sub(1));
    }

    /// Takes away what the innermost frame of `chunk` put here, and what lies above: frames on
    /// other stacks of a thread that has several may end in another order. `running` is the chunk
    /// of the frame that runs.
    pub(crate) fn pop_of(&self, chunk: Chunk, running: Option<Chunk>) -> Option<Aside> {
        let mut entered = running.map_or(ptr::null_mut(), Chunk::as_ptr);
        let mut top = self.top.get();
        while top != self.begin.get() {
            top = top.wrapping_sub(1);
            // SAFETY: as in `last`.
            let aside = unsafe { *top };
            if entered == chunk.as_ptr() {
                self.top.set(top);
                return Some(aside);
            }
            entered = aside.caller;
        }
        None
    }

    /// How deep it is, in bytes.
    pub(crate) fn depth(&self) -> usize {
        self.top.get().addr() - self.begin.get().addr()
    }

    pub(crate) fn clear(&self) {
        self.top.set(self.begin.get());
    }

    /// Makes room for one more; false when memory is out.
    #[cold]
    pub(crate) fn reserve(&self) -> bool {
        if !self.is_full() {
            return true;
        }
        let (old, size) = (self.begin.get(), self.end.get().addr() - self.begin.get().addr());
        let new_size = (2 * size).max(SMALLEST * size_of::<Aside>());
        let align = align_of::<Aside>();
        // SAFETY: neither layout is empty where it is used. `System` is called directly, so that
        // these bytes pass no counting allocator; the old ones came from it, with their size.
        let new = unsafe {
            match old.is_null() {
                true => System.alloc(Layout::from_size_align_unchecked(new_size, align)),
                false => {
                    let layout = Layout::from_size_align_unchecked(size, align);
                    System.realloc(old.cast(), layout, new_size)
                }
            }
        };
        if new.is_null() {
            return false;
        }
        self.begin.set(new.cast());
        self.top.set(new.wrapping_add(size).cast());
        self.end.set(new.wrapping_add(new_size).cast());
        true
    }
}
