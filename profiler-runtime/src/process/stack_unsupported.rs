//! Stacks where we do not know how to ask for them.

use std::ops::{ControlFlow, Range};

pub(super) const fn own_stack() -> Option<Range<usize>> {
    None
}

pub(super) fn callers(_: &mut dyn FnMut(usize) -> ControlFlow<()>) {}
