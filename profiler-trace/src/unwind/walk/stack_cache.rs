//! The memory of a thread's unwinder: its last stack, cached paths, and the sizes of frames.

use super::cached_path::{PathCache, PathKey};
use super::caller::{Caller, UnwindFrame};
use super::join::WalkEnd;
use super::last_stack::{DEPTH, FoundStack, FrameNode, LastStack};
use super::step;
use crate::tables::tree::{ROOT, UNWIND_FAILED};
use crate::unwind::{modules, recursion};

/// All zero at first, which is valid.
#[repr(C)]
pub(super) struct StackCache {
    pub(super) last: LastStack,
    /// The frames of a walk, the innermost first.
    pub(super) fresh: [Caller; DEPTH],
    pub(super) paths: PathCache,
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

impl StackCache {
    /// The key of the path that begins at the frame of the last of the `kept` words.
    #[inline(always)]
    pub(super) fn ends(&self, kept: usize, start: &UnwindFrame) -> Option<PathKey> {
        let last = kept.checked_sub(1)?;
        let (word, node) = (self.last.words.get(last)?, self.last.nodes.get(last)?);
        let distance = u32::try_from(word.place - start.stack_pointer).ok()?;
        Some(PathKey { start: start.address, parent: node.stack(), distance })
    }

    /// The two innermost return addresses, mixed: most paths differ in them.
    #[inline(always)]
    pub(super) fn callers(&mut self, ends: &PathKey, start: &UnwindFrame) -> u64 {
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
        self.paths.forget();
        self.own_size = Size::default();
        self.sizes.fill(Size::default());
    }

    /// Puts the frames of a walk behind the words that are kept, and finds their nodes.
    pub(super) fn append(&mut self, count: usize, end: WalkEnd) -> FoundStack {
        // Whether a frame further out is found by the frame pointer that this one has.
        let ((mut stack, mut length), mut is_needed) = match end {
            WalkEnd::Joined(mut length, caller) => {
                let node = self.last.nodes[length - 1];
                let frame_pointer =
                    node.needs_frame_pointer().then_some(self.last.frame_pointers[length - 1]);
                let is_needed = self.last.keep_saved(&mut length, &caller, frame_pointer);
                ((node.stack(), length), is_needed)
            }
            WalkEnd::StackEnd { by_frame_pointer } => ((ROOT, 0), by_frame_pointer),
            WalkEnd::UnwindFailed => ((UNWIND_FAILED, 0), false),
        };
        for index in (0..count).rev() {
            let caller = self.fresh[index];
            let frame_pointer = is_needed.then_some(caller.frame.frame_pointer);
            if caller.is_stack_end() {
                self.last.keep(&mut length, caller.word, FrameNode::NOT_A_FRAME, None);
            } else {
                stack = recursion::child(stack, caller.frame.address);
                self.last.keep(&mut length, caller.word, FrameNode::of(stack), frame_pointer);
            }
            is_needed = self.last.keep_saved(&mut length, &caller, frame_pointer);
        }
        FoundStack { stack, length, by_frame_pointer: is_needed }
    }
}

/// The same where the frame pointer seems to lead to them. If it does not, nothing is lost but time.
///
/// # Safety
/// The stack from the stack pointer to `end` can be read.
#[inline(never)]
unsafe fn callers_by_frame_pointer(start: &UnwindFrame, end: usize) -> u64 {
    let mut frame_pointer = start.frame_pointer;
    let mut unwind_one = || {
        let is_frame = (start.stack_pointer..end.saturating_sub(8)).contains(&frame_pointer)
            && frame_pointer.is_multiple_of(8);
        // SAFETY: below `end`, by the caller's promise.
        let [saved, caller] =
            is_frame.then(|| unsafe { (frame_pointer as *const [u64; 2]).read_volatile() })?;
        frame_pointer = saved as usize;
        Some(caller)
    };
    let first = unwind_one().unwrap_or(0);
    first ^ unwind_one().unwrap_or(0).rotate_left(20)
}

impl Size {
    #[cold]
    fn of(address: u64) -> Self {
        Self { address, bytes: step::frame_size(address) }
    }
}
