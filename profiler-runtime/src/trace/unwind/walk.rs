//! What a walk from frame to frame consists of.

/// Where a walk stands: the frame that will return to `address`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// The return address, or for the first frame where it is; with the generation of the
    /// modules in its upper bits.
    pub(super) address: u64,
    pub(super) stack_pointer: usize,
    pub(super) frame_pointer: usize,
}

/// What is found one frame further out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The caller, and where on the stack the address to return to lies.
    Caller { frame: Frame, slot: usize },
    /// There is none: a thread begins here.
    Begin,
    /// It cannot be found.
    Lost,
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
        if address < self.stack.start
            || address > self.stack.end.wrapping_sub(8)
            || !address.is_multiple_of(8)
        {
            return None;
        }
        // SAFETY: between the stack pointer and the end of its stack everything is mapped.
        Some(unsafe { (address as *const usize).read_volatile() })
    }
}
