//! Frame by frame, outwards.

use super::kept::Level;
use super::{Caller, Frame, Readable, Step, Word, step};

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

/// The part of the last stack whose words are unchanged, the outermost first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept<'a> {
    pub(super) words: &'a [Word],
    pub(super) levels: &'a [Level],
    pub(super) frame_pointers: &'a [usize],
}

impl Kept<'_> {
    /// Whether its first words end in this very frame; if so, `most` becomes how many.
    #[inline(always)]
    fn join(&self, most: &mut usize, caller: &Caller) -> bool {
        while let Some(word) = most.checked_sub(1).and_then(|last| self.words.get(last)) {
            if word.place >= caller.word.place {
                break;
            }
            *most -= 1;
        }
        let Some(last) = most.checked_sub(1) else { return false };
        let (word, level) = (self.words.get(last), self.levels.get(last));
        word == Some(&caller.word)
            && level.is_some_and(|level| match level.needs_frame_pointer() {
                true => self.frame_pointers.get(last) == Some(&caller.frame.frame_pointer),
                false => *level != Level::NOWHERE,
            })
    }
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
