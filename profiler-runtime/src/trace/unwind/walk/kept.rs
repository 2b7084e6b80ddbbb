//! What is kept of a thread's last stack, and how the next one is put behind what is unchanged.

use super::outwards::End;
use super::shortcut::{Ends, Shortcuts};
use super::{Caller, Frame, Word, modules, step};
use crate::trace::tables::tree::{self, CUT, ROOT, Stack};

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

/// The words of the last stack, the outermost first, and what belongs to each.
#[repr(C)]
pub(super) struct LastStack {
    pub(super) words: [Word; DEPTH],
    pub(super) levels: [Level; DEPTH],
    pub(super) frame_pointers: [usize; DEPTH],
}

/// All zero at first, which is valid.
#[repr(C)]
pub(super) struct Arrays {
    pub(super) last: LastStack,
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

/// A stack, how many words are kept of it, and whether it hangs on the frame pointer that the walk
/// began with.
pub(super) struct Found {
    pub(super) stack: Stack,
    pub(super) length: usize,
    pub(super) by_frame_pointer: bool,
}

impl Arrays {
    /// The ends of the way from the frame that the last of the words is of.
    #[inline(always)]
    pub(super) fn ends(&self, kept: usize, start: &Frame) -> Option<Ends> {
        let last = kept.checked_sub(1)?;
        let (word, level) = (self.last.words.get(last)?, self.last.levels.get(last)?);
        let distance = u32::try_from(word.place - start.stack_pointer).ok()?;
        Some(Ends { start: start.address, parent: level.stack(), distance })
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
        if self.own_size.bytes == 0 {
            // SAFETY: it lies on the thread's own stack.
            return unsafe { callers_by_frame_pointer(start, end) };
        }
        if first > end {
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

    /// Puts the frames of a walk behind the words that are kept, and finds their nodes; `None`
    /// where the tree has no room for them.
    pub(super) fn append(&mut self, count: usize, end: End) -> Option<Found> {
        // Whether a frame further out is found by the frame pointer that this one has.
        let ((mut stack, mut length), mut is_needed) = match end {
            End::Joined(mut length, caller) => {
                let level = self.last.levels[length - 1];
                let frame_pointer =
                    level.needs_frame_pointer().then_some(self.last.frame_pointers[length - 1]);
                let is_needed = self.last.keep_saved(&mut length, &caller, frame_pointer);
                ((level.stack(), length), is_needed)
            }
            End::Begin { by_frame_pointer } => ((ROOT, 0), by_frame_pointer),
            End::Lost => ((CUT, 0), false),
        };
        for index in (0..count).rev() {
            let caller = self.fresh[index];
            let frame_pointer = is_needed.then_some(caller.frame.frame_pointer);
            if caller.is_nobody() {
                self.last.keep(&mut length, caller.word, Level::NOWHERE, None);
            } else {
                stack = tree::child(stack, caller.frame.address)?;
                self.last.keep(&mut length, caller.word, Level::of(stack), frame_pointer);
            }
            is_needed = self.last.keep_saved(&mut length, &caller, frame_pointer);
        }
        Some(Found { stack, length, by_frame_pointer: is_needed })
    }
}

impl LastStack {
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

/// The same where the frame pointer seems to lead to them. If it does not, nothing is lost but time.
///
/// # Safety
/// The stack from the stack pointer to `end` can be read.
#[inline(never)]
unsafe fn callers_by_frame_pointer(start: &Frame, end: usize) -> u64 {
    let mut frame_pointer = start.frame_pointer;
    let mut outwards = || {
        let is_frame = (start.stack_pointer..end.saturating_sub(8)).contains(&frame_pointer)
            && frame_pointer.is_multiple_of(8);
        // SAFETY: below `end`, by the caller's promise.
        let [saved, caller] =
            is_frame.then(|| unsafe { (frame_pointer as *const [u64; 2]).read_volatile() })?;
        frame_pointer = saved as usize;
        Some(caller)
    };
    let first = outwards().unwrap_or(0);
    first ^ outwards().unwrap_or(0).rotate_left(20)
}

impl Size {
    #[cold]
    fn of(address: u64) -> Self {
        Self { address, bytes: step::frame_size(address) }
    }
}
