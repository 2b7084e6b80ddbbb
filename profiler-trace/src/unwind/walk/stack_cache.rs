//! What is kept of a thread's last stack, and how the next one is put behind what is unchanged.

use super::cached_path::{Ends, Shortcuts};
use super::caller::{Caller, Frame};
use super::join::End;
use super::last_stack::{DEPTH, Found, LastStack, Level};
use super::step;
use crate::tables::tree::{self, CUT, ROOT};
use crate::unwind::modules;

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
