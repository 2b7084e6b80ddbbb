//! Frame by frame, outwards.

use super::caller::{Caller, Frame, Readable, Step};
use super::last_stack::Kept;
use super::step;

/// How a walk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// At this frame, the last of so many words of the last stack that are those of this one, too.
    Joined(usize, Caller),
    /// Where the thread begins.
    Begin {
        by_frame_pointer: bool,
    },
    Lost,
}

/// Walks until a frame of `kept`, the beginning, or where it cannot go on. Returns how many frames
/// it put into `fresh`, the innermost first.
pub(super) fn walk(
    mut frame: Frame,
    readable: &mut Readable,
    kept: Kept,
    fresh: &mut [Caller],
) -> (usize, End) {
    let mut candidate = kept.words.len();
    for (count, place) in fresh.iter_mut().enumerate() {
        let caller = match step::outwards(frame, readable) {
            Step::Caller(caller) => caller,
            Step::Begin { by_frame_pointer } => return (count, End::Begin { by_frame_pointer }),
            Step::Lost => return (count, End::Lost),
        };
        if kept.join(&mut candidate, &caller) {
            return (count, End::Joined(candidate, caller));
        }
        *place = caller;
        if caller.is_nobody() {
            return (count + 1, End::Begin { by_frame_pointer: false });
        }
        readable.narrow(caller.frame.stack_pointer);
        frame = caller.frame;
    }
    (fresh.len(), End::Lost)
}
