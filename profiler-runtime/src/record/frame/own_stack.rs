//! Whether the running code is on the thread's own stack, and by whom it was called if it is not.

use core::ops::ControlFlow;

use crate::process;
use crate::record::ledger::thread::Thread;

/// Two frames on different stacks are further apart, because a page without access lies between stacks.
/// The callees of a function see the stack pointer nearer than this to where its frame began.
const NEAR: usize = 4096;

/// A caller that is further away may be on another stack.
const LARGEST_FRAME: usize = 4 * NEAR;

/// The most callers that are looked at.
const MOST_CALLERS: usize = 1024;

/// Whether the running code is on another stack.
pub(in crate::record) fn is_elsewhere(thread: &'static Thread) -> bool {
    // Calls look there.
    let ledger = thread.heap();
    if ledger.is_on_stack() {
        return false;
    }
    ledger.find_stack();
    !ledger.is_on_stack()
}

/// Whether the running code was called by the innermost guarded frame, which began there.
pub(super) fn is_inside(thread: &'static Thread, begun: usize) -> bool {
    let place = process::stack_pointer();
    let known = thread.known_stack();
    if place.abs_diff(begun) <= NEAR || known.contains(&place) && known.contains(&begun) {
        return true;
    }
    is_elsewhere(thread) && was_called_by(thread, begun, place)
}

/// The same by all callers. Afterwards the stack up to there is known.
#[cold]
#[inline(never)]
fn was_called_by(thread: &'static Thread, begun: usize, place: usize) -> bool {
    let (mut is_found, mut is_one_stack, mut last, mut count) = (false, true, place, 0);
    process::callers(&mut |caller| {
        is_one_stack &= caller.wrapping_sub(last) <= LARGEST_FRAME;
        last = caller;
        count += 1;
        is_found = caller.abs_diff(begun) <= NEAR;
        match is_found || count == MOST_CALLERS {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    if is_found && is_one_stack {
        let known = thread.known_stack();
        let end = if known.contains(&begun) { known.end } else { begun + 1 };
        thread.set_known_stack(place..end);
    }
    is_found
}

/// The frame that began there has ended: the bounds of the stack from there on may be out of date.
pub(in crate::record) fn forget_stack(thread: &Thread, begun: usize) {
    if thread.known_stack().end <= begun + 1 {
        thread.set_known_stack(0..0);
    }
}
