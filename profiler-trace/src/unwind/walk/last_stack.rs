//! The words of a thread's last stack.

use super::caller::{Caller, Word};
use crate::tables::tree::Stack;

/// Frames of one stack; what is further out is cut off.
pub(super) const DEPTH: usize = 1 << 14;

/// What belongs to a word that is kept: its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub(super) struct Level(u32);

impl Level {
    /// A saved frame pointer, which is no frame.
    pub(super) const NOWHERE: Self = Self(0);
    /// The frame pointer has to be the one that is kept beside.
    const NEEDS_FRAME_POINTER: u32 = 1 << 31;

    #[inline(always)]
    pub(super) fn of(stack: Stack) -> Self {
        Self(stack.0)
    }

    #[inline(always)]
    pub(super) fn stack(self) -> Stack {
        Stack(self.0 & !Self::NEEDS_FRAME_POINTER)
    }

    #[inline(always)]
    pub(super) fn needs_frame_pointer(self) -> bool {
        self.0 & Self::NEEDS_FRAME_POINTER != 0
    }
}

/// The words of the last stack, the outermost first, and what belongs to each.
#[repr(C)]
pub(super) struct LastStack {
    pub(super) words: [Word; DEPTH],
    pub(super) levels: [Level; DEPTH],
    pub(super) frame_pointers: [usize; DEPTH],
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
    pub(super) fn join(&self, most: &mut usize, caller: &Caller) -> bool {
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

/// A stack, how many words are kept of it, and whether it hangs on the frame pointer that the walk
/// began with.
pub(super) struct Found {
    pub(super) stack: Stack,
    pub(super) length: usize,
    pub(super) by_frame_pointer: bool,
}

impl LastStack {
    /// Keeps the word where the caller's frame pointer was read, if that is needed. Returns
    /// whether the frame inside needs its own.
    pub(super) fn keep_saved(
        &mut self,
        length: &mut usize,
        caller: &Caller,
        frame_pointer: Option<usize>,
    ) -> bool {
        if let Some(value) = frame_pointer
            && caller.saved_at != 0
        {
            let word = Word { place: caller.saved_at, value };
            self.keep(length, word, Level::NOWHERE, None);
        }
        caller.by_frame_pointer || frame_pointer.is_some() && caller.saved_at == 0
    }

    /// Only so much of a stack is kept as there is room for.
    pub(super) fn keep(
        &mut self,
        length: &mut usize,
        word: Word,
        Level(mut level): Level,
        frame_pointer: Option<usize>,
    ) {
        if *length >= DEPTH {
            return;
        }
        if let Some(frame_pointer) = frame_pointer {
            self.frame_pointers[*length] = frame_pointer;
            level |= Level::NEEDS_FRAME_POINTER;
        }
        self.words[*length] = word;
        self.levels[*length] = Level(level);
        *length += 1;
    }
}
