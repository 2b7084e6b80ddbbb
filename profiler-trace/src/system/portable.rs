//! Threads where their bounds cannot be asked for without a lock: every walk is a full one.

pub(crate) type StackBounds = std::ops::Range<usize>;

pub(crate) fn stack_of_this_thread() -> StackBounds {
    0..0
}

pub(crate) fn thread_name() -> [u8; 16] {
    [0; 16]
}
