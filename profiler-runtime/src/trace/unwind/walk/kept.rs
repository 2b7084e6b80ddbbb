//! What is kept of a thread's last stack, and how the next one is put behind what is unchanged.

use super::outwards::End;
use super::shortcut::{Ends, LONGEST, Shortcuts};
use super::{Caller, Frame, Word, modules, step};
use crate::trace::tree::{self, CUT, ROOT, Stack};

/// Frames of one stack; what is further out is cut off.
const DEPTH: usize = 1 << 14;

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

/// All zero at first, which is valid.
#[repr(C)]
pub(super) struct Arrays {
    /// The outermost first.
    pub(super) words: [Word; DEPTH],
    pub(super) levels: [Level; DEPTH],
    pub(super) frame_pointers: [usize; DEPTH],
    /// The frames of a walk, the innermost first.
    pub(super) fresh: [Caller; DEPTH],
    pub(super) shortcuts: Shortcuts,
    own_size: Size,
    sizes: [Size; SIZES],
}

/// Bytes of the frame of the code at an address, in the last generation of modules.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    address: u64,
    bytes: usize,
}

const SIZES: usize = 512;

/// A stack, and how many words are kept of it.
pub(super) struct Found {
    pub(super) stack: Stack,
    pub(super) length: usize,
}

impl Arrays {
    /// The ends of the way to the first of the words that are kept.
    #[inline(always)]
    pub(super) fn ends(&self, kept: usize, start: &Frame) -> Option<Ends> {
        let last = kept.checked_sub(1)?;
        let (word, level) = (self.words.get(last)?, self.levels.get(last)?);
        let distance = u32::try_from(word.place - start.stack_pointer).ok()?;
        let parent = level.stack();
        (*level != Level::NOWHERE).then_some(Ends { start: start.address, parent, distance })
    }

    /// The two innermost return addresses, mixed: they tell ways apart, mostly.
    #[inline(always)]
    pub(super) fn callers(&mut self, ends: &Ends, start: &Frame) -> u64 {
        let end = start.stack_pointer + ends.distance as usize;
        if self.own_size.address != start.address {
            self.own_size =
                Size { address: start.address, ..Size::of(modules::tagged(start.address)) };
        }
        let first = start.stack_pointer + self.own_size.bytes;
        if self.own_size.bytes == 0 || first > end {
            return 0;
        }
        // SAFETY: between the stack pointer and a frame of the thread's own stack.
        let word = |end: usize| unsafe { (end.wrapping_sub(8) as *const u64).read_volatile() };
        let caller = word(first);
        let index = caller.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - SIZES.ilog2());
        let size = &mut self.sizes[index as usize % SIZES];
        if size.address != caller {
            *size = Size { address: caller, ..Size::of(modules::tagged(caller)) };
        }
        let second = first + size.bytes;
        caller ^ if second > end { 0 } else { word(second).rotate_left(20) }
    }

    /// At the same addresses other code may lie now.
    pub(super) fn forget(&mut self) {
        self.shortcuts.forget();
        self.own_size = Size::default();
        self.sizes.fill(Size::default());
    }

    /// Whether a way can be a shortcut: neither it nor what lies further out needs a frame pointer.
    pub(super) fn is_plain(&self, kept: usize, count: usize) -> bool {
        count <= LONGEST
            && !self.levels[kept - 1].needs_frame_pointer()
            && !self.fresh[..count].iter().any(|caller| caller.by_frame_pointer)
    }

    /// Puts the frames of a walk behind the words that are kept, and finds their nodes; `None`
    /// where the tree has no room for them.
    pub(super) fn append(&mut self, count: usize, end: End) -> Option<Found> {
        // Whether a frame further out is found by the frame pointer that this one has.
        let (mut found, mut is_needed) = match end {
            End::Joined(mut length, caller) => {
                let level = self.levels[length - 1];
                let frame_pointer =
                    level.needs_frame_pointer().then_some(self.frame_pointers[length - 1]);
                let is_needed = self.keep_saved(&mut length, &caller, frame_pointer);
                (Found { stack: level.stack(), length }, is_needed)
            }
            End::Begin { by_frame_pointer } => (Found { stack: ROOT, length: 0 }, by_frame_pointer),
            End::Lost => (Found { stack: CUT, length: 0 }, false),
        };
        for index in (0..count).rev() {
            let caller = self.fresh[index];
            let frame_pointer = is_needed.then_some(caller.frame.frame_pointer);
            if caller.is_nobody() {
                self.keep(&mut found.length, caller.word, Level::NOWHERE, None);
            } else {
                found.stack = tree::child(found.stack, caller.frame.address)?;
                let level = Level::of(found.stack);
                self.keep(&mut found.length, caller.word, level, frame_pointer);
            }
            is_needed = self.keep_saved(&mut found.length, &caller, frame_pointer);
        }
        Some(found)
    }

    /// Keeps the word where the caller's frame pointer was read, if that is needed. Returns
    /// whether the frame inside needs its own.
    fn keep_saved(
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
    fn keep(
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

impl Size {
    #[cold]
    fn of(address: u64) -> Self {
        Self { address, bytes: step::frame_size(address) }
    }
}
