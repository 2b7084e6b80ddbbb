//! The walk, frame by frame, until it joins the unchanged part of the last stack.

use super::caller::{Caller, ReadableStack, Step, UnwindFrame};
use super::last_stack::UnchangedStack;
use super::step;

/// How a walk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WalkEnd {
    /// At this frame. So many words of the last stack, from the outermost on, are unchanged.
    Joined(usize, Caller),
    /// Where the thread begins.
    StackEnd {
        by_frame_pointer: bool,
    },
    UnwindFailed,
}

/// Walks until a frame of `kept`, the beginning, or where it cannot go on. Returns how many frames
/// it put into `fresh`, the innermost first.
pub(super) fn walk(
    mut frame: UnwindFrame,
    readable: &mut ReadableStack,
    kept: UnchangedStack,
    fresh: &mut [Caller],
) -> (usize, WalkEnd) {
    let mut candidate = kept.words.len();
    for (count, place) in fresh.iter_mut().enumerate() {
        let caller = match step::unwind_one(frame, readable) {
            Step::Caller(caller) => caller,
            Step::StackEnd { by_frame_pointer } => {
                return (count, WalkEnd::StackEnd { by_frame_pointer });
            }
            Step::UnwindFailed => return (count, WalkEnd::UnwindFailed),
        };
        if kept.join(&mut candidate, &caller) {
            return (count, WalkEnd::Joined(candidate, caller));
        }
        *place = caller;
        if caller.is_stack_end() {
            return (count + 1, WalkEnd::StackEnd { by_frame_pointer: false });
        }
        readable.narrow(caller.frame.stack_pointer);
        frame = caller.frame;
    }
    (fresh.len(), WalkEnd::UnwindFailed)
}
