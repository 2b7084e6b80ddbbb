//! The words of a thread's last stack.

use super::caller::{Caller, StackWord};
use crate::tables::tree::Stack;

/// How many frames of one stack are kept.
pub(super) const DEPTH: usize = 1 << 14;

/// The frame of a word that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub(super) struct FrameNode(u32);

impl FrameNode {
    /// A saved frame pointer, which is no frame.
    pub(super) const NOT_A_FRAME: Self = Self(0);
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
    pub(super) words: [StackWord; DEPTH],
    pub(super) nodes: [FrameNode; DEPTH],
    pub(super) frame_pointers: [usize; DEPTH],
}

/// The part of the last stack whose words are unchanged, the outermost first.
#[derive(Clone, Copy, Debug)]
pub(super) struct UnchangedStack<'a> {
    pub(super) words: &'a [StackWord],
    pub(super) nodes: &'a [FrameNode],
    pub(super) frame_pointers: &'a [usize],
}

impl UnchangedStack<'_> {
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
        let (word, node) = (self.words.get(last), self.nodes.get(last));
        word == Some(&caller.word)
            && node.is_some_and(|node| match node.needs_frame_pointer() {
                true => self.frame_pointers.get(last) == Some(&caller.frame.frame_pointer),
                false => *node != FrameNode::NOT_A_FRAME,
            })
    }
}

/// A stack, how many words are kept of it, and whether it hangs on the frame pointer that the walk
/// began with.
pub(super) struct FoundStack {
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
            let word = StackWord { place: caller.saved_at, value };
            self.keep(length, word, FrameNode::NOT_A_FRAME, None);
        }
        caller.by_frame_pointer || frame_pointer.is_some() && caller.saved_at == 0
    }

    /// Only so much of a stack is kept as there is room for.
    pub(super) fn keep(
        &mut self,
        length: &mut usize,
        word: StackWord,
        FrameNode(mut node): FrameNode,
        frame_pointer: Option<usize>,
    ) {
        if *length >= DEPTH {
            return;
        }
        if let Some(frame_pointer) = frame_pointer {
            self.frame_pointers[*length] = frame_pointer;
            node |= FrameNode::NEEDS_FRAME_POINTER;
        }
        self.words[*length] = word;
        self.nodes[*length] = FrameNode(node);
        *length += 1;
    }
}
