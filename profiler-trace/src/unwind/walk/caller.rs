//! Frames, and the words of the stack that a walk may read.
//!
//! A coroutine's stack continues with whoever resumed it if its call-frame information leads there,
//! as with `corosensei`. Otherwise it ends at its base, where a return address is zero or the first
//! byte of a function. Debuggers want such a base to be marked as the frame of a signal, so a
//! signal's frame is recognised by the code that its handler returns to: the system call
//! `sigreturn`.

use core::ops::Range;

use crate::system;

/// Where a walk stands: the frame that will return to `address`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct UnwindFrame {
    /// The return address, with the generation of the modules in its upper bits; for the first
    /// frame where it is, without.
    pub(super) address: u64,
    pub(super) stack_pointer: usize,
    pub(super) frame_pointer: usize,
}

/// The frame that is one further out, or why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Caller(Caller),
    /// There is none: a thread begins here, whatever the frame pointer, or by what it is.
    StackEnd {
        by_frame_pointer: bool,
    },
    /// It cannot be found.
    UnwindFailed,
}

/// A frame, and what had to be known to find it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) frame: UnwindFrame,
    /// Where on the stack the address to return to lies, and the word there.
    pub(super) word: StackWord,
    /// Where its frame pointer was read; zero if it is the same as in the frame inside.
    pub(super) saved_at: usize,
    /// Whether the frame pointer of the frame inside had to be known.
    pub(super) by_frame_pointer: bool,
    /// Whether a signal came in between, which has more to be known.
    pub(super) is_interrupted: bool,
}

impl Caller {
    /// Some systems let threads begin with a return to nowhere.
    #[inline(always)]
    pub(super) fn is_stack_end(&self) -> bool {
        self.word.value == 0 && !self.is_interrupted
    }
}

/// A word of the stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(super) struct StackWord {
    pub(super) place: usize,
    pub(super) value: usize,
}

impl StackWord {
    /// The value that it holds now.
    ///
    /// # Safety
    /// It can be read.
    #[inline(always)]
    pub(super) unsafe fn now(&self) -> usize {
        // SAFETY: the caller's promise.
        unsafe { (self.place as *const usize).read_volatile() }
    }
}

/// The addresses that may be read in a walk, without asking: from the stack pointer to the end of the
/// thread's own stack, or else of a page that is known to be readable.
///
/// Nobody knows where a stack ends that is not the thread's own, such as a coroutine's. So there the
/// system is asked for each further page. Answers are not kept from walk to walk: by then the stack may
/// be unmapped, and a smaller one lie in its place.
#[derive(Debug)]
pub(super) struct ReadableStack<'a> {
    stack: Range<usize>,
    own: &'a Range<usize>,
    /// Whether the walk has gone from one stack to another, or back.
    pub(super) has_left: bool,
}

impl<'a> ReadableStack<'a> {
    /// From the stack pointer on, of the thread that has this stack of its `own`.
    #[inline(always)]
    pub(super) fn from(stack_pointer: usize, own: &'a Range<usize>) -> Self {
        let end = match own.contains(&stack_pointer) {
            true => own.end,
            // The page in use is there.
            false => end_of_page(stack_pointer),
        };
        Self { stack: stack_pointer..end, own, has_left: false }
    }

    /// The word at `address`, if it can be read.
    #[inline(always)]
    pub(super) fn word(&mut self, address: usize) -> Option<usize> {
        // The remainder of an address that is not aligned becomes a number that is too large.
        let index = address.wrapping_sub(self.stack.start).rotate_right(3);
        if index >= (self.stack.end - self.stack.start) / 8 {
            return self.word_beyond(address);
        }
        // SAFETY: between the stack pointer and the end of its stack, or of a page that is readable,
        // and stack pointers are aligned.
        Some(unsafe { (address as *const usize).read_volatile() })
    }

    #[cold]
    #[inline(never)]
    fn word_beyond(&mut self, address: usize) -> Option<usize> {
        if !address.is_multiple_of(8) || !system::is_readable(address) {
            return None;
        }
        let is_next = end_of_page(address) == self.stack.end.wrapping_add(system::PAGE);
        let is_own = self.own.contains(&address);
        if !is_next || is_own {
            self.has_left = true;
            self.stack.start = address & !(system::PAGE - 1);
        }
        // A thread's own stack is readable from any word of it that is in use.
        self.stack.end = if is_own { self.own.end } else { end_of_page(address) };
        // SAFETY: the system has just read it. If it is of a stack in use, it stays.
        Some(unsafe { (address as *const usize).read_volatile() })
    }

    /// Frames further out lie above this one; another stack is found by a word outside of this.
    #[inline(always)]
    pub(super) fn narrow(&mut self, stack_pointer: usize) {
        if (self.stack.start..=self.stack.end).contains(&stack_pointer) {
            self.stack.start = stack_pointer;
        }
    }
}

#[inline(always)]
fn end_of_page(address: usize) -> usize {
    (address | (system::PAGE - 1)).wrapping_add(1)
}
