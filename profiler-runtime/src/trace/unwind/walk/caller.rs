//! What a walk from frame to frame consists of.

/// Where a walk stands: the frame that will return to `address`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Frame {
    /// The return address, with the generation of the modules in its upper bits; for the first
    /// frame where it is, without.
    pub(super) address: u64,
    pub(super) stack_pointer: usize,
    pub(super) frame_pointer: usize,
}

/// What is found one frame further out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Caller(Caller),
    /// There is none: a thread begins here, whatever the frame pointer, or by what it is.
    Begin {
        by_frame_pointer: bool,
    },
    /// It cannot be found.
    Lost,
}

/// A frame, and what had to be known to find it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) frame: Frame,
    /// Where on the stack the address to return to lies, and the word there.
    pub(super) word: Word,
    /// Where its frame pointer was read; zero if it is that of the frame inside.
    pub(super) saved_at: usize,
    /// Whether the frame pointer of the frame inside had to be known.
    pub(super) by_frame_pointer: bool,
    /// Whether a signal came in between, which has more to be known.
    pub(super) is_interrupted: bool,
}

impl Caller {
    /// Some systems let threads begin with a return to nowhere.
    #[inline(always)]
    pub(super) fn is_nobody(&self) -> bool {
        self.word.value == 0 && !self.is_interrupted
    }
}

/// A word of the stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(super) struct Word {
    pub(super) place: usize,
    pub(super) value: usize,
}

impl Word {
    /// What it holds now.
    ///
    /// # Safety
    /// It can be read.
    #[inline(always)]
    pub(super) unsafe fn now(&self) -> usize {
        // SAFETY: the caller's promise.
        unsafe { (self.place as *const usize).read_volatile() }
    }
}

/// The addresses that may be read in a walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Readable {
    pub(super) stack: std::ops::Range<usize>,
}

/// How far from the stack pointer a stack that is not the thread's own is believed to reach.
pub(super) const FOREIGN_REACH: usize = 1 << 20;

impl Readable {
    /// The word at `address`, if it may be read.
    #[inline(always)]
    pub(super) fn word(&self, address: usize) -> Option<usize> {
        // The remainder of an address that is not aligned becomes a number that is too large.
        let index = address.wrapping_sub(self.stack.start).rotate_right(3);
        if index >= (self.stack.end - self.stack.start) / 8 {
            return None;
        }
        // SAFETY: between the stack pointer and the end of its stack everything is mapped, and
        // stack pointers are aligned.
        Some(unsafe { (address as *const usize).read_volatile() })
    }
}
