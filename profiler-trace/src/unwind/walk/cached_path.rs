//! Paths from an unchanged frame to the allocator that recur.
//!
//! Between two allocations a thread usually returns a few frames and calls a few others, along a path
//! that it has taken before. A walk is a function of the registers that it starts with and of the
//! words that it reads. So a walk that starts at the same instruction, at the same distance below the
//! same frame, and would read the same words, finds the same site. A frame pointer that it needs is
//! the same if it leads as far above the stack pointer.
//!
//! PERF: an allocation and its free take 562 instructions in place of 1,090 at depth 17, and 756 in
//! place of 1,558 at depth 56 (exact mode, without the plain program's). 21 words a path save 37 of
//! 482. With 1,024 sets, and paths that are replaced in turn instead of moved along, they take 3,560 in
//! place of 4,374 in a recursive builder whose stacks are not folded.

use super::caller::{StackWord, UnwindFrame};
use super::last_stack::{FoundStack, FrameNode, LastStack};
use crate::tables::tree::Stack;

/// How many paths of one key, and of the same innermost callers, are kept at a time.
const PATHS: usize = 4;
const SETS: usize = 1 << SET_BITS;
const SET_BITS: u32 = 10;

/// How many words a path may have: with them it fills six cache lines.
const LONGEST: usize = 21;

/// The two ends of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub(super) struct PathKey {
    /// The instruction.
    pub(super) start: u64,
    /// The unchanged frame, and how far its word lies above the stack pointer.
    pub(super) parent: Stack,
    pub(super) distance: u32,
}

/// One path. All zero, it matches nothing: no frame is the parent `Stack(0)`.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(super) struct CachedPath {
    ends: PathKey,
    site: u32,
    /// Words, and whether frame pointers have to be known, as [`HAS_FRAME_POINTERS`].
    length: u32,
    /// Where the frame pointer leads at the start, above the stack pointer; [`ANYWHERE`] where that
    /// makes no difference.
    frame_pointer: usize,
    /// The outermost first.
    path_words: [PathWord; LONGEST],
}

const HAS_FRAME_POINTERS: u32 = 1 << 31;
const ANYWHERE: usize = usize::MAX;

/// A word of it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct PathWord {
    /// The return address; of a saved frame pointer, where it leads above the stack pointer.
    value: usize,
    /// How far above the stack pointer the word lies.
    offset: u32,
    node: FrameNode,
}

impl PathWord {
    const NONE: Self = Self { value: 0, offset: 0, node: FrameNode::NOT_A_FRAME };
}

/// A thread's paths.
#[repr(C)]
pub(super) struct PathCache([PathSet; SETS]);

/// Those that have their ends and their innermost callers in common, and more by accident.
#[repr(C)]
pub(super) struct PathSet {
    pub(super) paths: [CachedPath; PATHS],
    /// How often one was put in: they are replaced in turn.
    insertions: u8,
}

impl PathCache {
    pub(super) fn forget(&mut self) {
        let all = self.0.iter_mut().flat_map(|set| &mut set.paths);
        all.filter(|path| path.site != 0).for_each(|path| *path = CachedPath::NONE);
    }

    /// The paths with this key and these innermost callers.
    #[inline(always)]
    pub(super) fn between(&mut self, ends: &PathKey, callers: u64) -> &mut PathSet {
        let mixed = u64::from(ends.parent.0) << 40 ^ u64::from(ends.distance) << 12 ^ callers;
        let index = mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - SET_BITS);
        &mut self.0[index as usize % SETS]
    }
}

impl PathSet {
    /// Keeps the path along the words behind the first `kept` ones of `stack`, unless it is too long.
    pub(super) fn insert(
        &mut self,
        ends: PathKey,
        start: &UnwindFrame,
        stack: &LastStack,
        kept: usize,
        found: &FoundStack,
        site: u32,
    ) {
        let (Some(words), Some(nodes)) =
            (stack.words.get(kept..found.length), stack.nodes.get(kept..found.length))
        else {
            return;
        };
        // Of a stack that is kept to the last place, words may be missing.
        if words.len() > LONGEST || found.length == stack.words.len() {
            return;
        }
        let path = &mut self.paths[self.insertions as usize % PATHS];
        self.insertions = self.insertions.wrapping_add(1);
        let above = |address: usize| address.wrapping_sub(start.stack_pointer);
        let is_plain =
            |node: &FrameNode| *node != FrameNode::NOT_A_FRAME && !node.needs_frame_pointer();
        let is_plain = !found.by_frame_pointer && nodes.iter().all(is_plain);
        path.ends = ends;
        path.site = site;
        path.length = words.len() as u32 | if is_plain { 0 } else { HAS_FRAME_POINTERS };
        path.frame_pointer =
            if found.by_frame_pointer { above(start.frame_pointer) } else { ANYWHERE };
        for ((path_word, word), &node) in path.path_words.iter_mut().zip(words).zip(nodes) {
            let value = if node == FrameNode::NOT_A_FRAME { above(word.value) } else { word.value };
            *path_word = PathWord { value, offset: above(word.place) as u32, node };
        }
    }
}

impl CachedPath {
    const NONE: Self = Self {
        ends: PathKey { start: 0, parent: Stack(0), distance: 0 },
        site: 0,
        length: 0,
        frame_pointer: ANYWHERE,
        path_words: [PathWord::NONE; LONGEST],
    };

    /// If the path is the same now, puts its words and frames behind the first `kept` ones of `stack`,
    /// and returns its site and its length.
    ///
    /// # Safety
    /// The stack from the stack pointer to the word at `ends.distance` can be read.
    #[inline(always)]
    pub(super) unsafe fn follow(
        &self,
        ends: &PathKey,
        start: &UnwindFrame,
        stack: &mut LastStack,
        kept: usize,
    ) -> Option<(u32, usize)> {
        if self.ends != *ends {
            return None;
        }
        let Some(path_words) = self.path_words.get(..self.length as usize) else {
            // SAFETY: the caller's promise.
            return unsafe { self.follow_frame_pointers(start, stack, kept) };
        };
        let words = stack.words.get_mut(kept..)?.get_mut(..path_words.len())?;
        let nodes = stack.nodes.get_mut(kept..)?.get_mut(..path_words.len())?;
        for ((path_word, word), node) in path_words.iter().zip(words).zip(nodes) {
            let place = start.stack_pointer + path_word.offset as usize;
            // SAFETY: it lies below the word at `ends.distance`, with which it was learned.
            if unsafe { (place as *const usize).read_volatile() } != path_word.value {
                return None;
            }
            *word = StackWord { place, value: path_word.value };
            *node = path_word.node;
        }
        Some((self.site, path_words.len()))
    }

    /// The same where frames are found by frame pointers, which are known from the innermost on.
    ///
    /// # Safety
    /// As for `follow`.
    #[inline(never)]
    unsafe fn follow_frame_pointers(
        &self,
        start: &UnwindFrame,
        stack: &mut LastStack,
        kept: usize,
    ) -> Option<(u32, usize)> {
        let mut frame_pointer = start.frame_pointer;
        let led = frame_pointer.wrapping_sub(start.stack_pointer);
        if self.frame_pointer != ANYWHERE && self.frame_pointer != led {
            return None;
        }
        let path_words = self.path_words.get(..(self.length & !HAS_FRAME_POINTERS) as usize)?;
        let words = stack.words.get_mut(kept..)?.get_mut(..path_words.len())?;
        let nodes = stack.nodes.get_mut(kept..)?.get_mut(..path_words.len())?;
        let (outer, inner) = stack.frame_pointers.split_at_mut_checked(kept)?;
        let inner = inner.get_mut(..path_words.len())?;
        let places = words.iter_mut().zip(nodes).zip(inner);
        for (path_word, ((word, node), kept_pointer)) in path_words.iter().zip(places).rev() {
            let place = start.stack_pointer + path_word.offset as usize;
            // SAFETY: it lies below the word at `ends.distance`, with which it was learned.
            let value = unsafe { (place as *const usize).read_volatile() };
            if path_word.node == FrameNode::NOT_A_FRAME {
                frame_pointer = value;
                if value.wrapping_sub(start.stack_pointer) != path_word.value {
                    return None;
                }
            } else if value != path_word.value {
                return None;
            }
            *word = StackWord { place, value };
            *node = path_word.node;
            *kept_pointer = frame_pointer;
        }
        // The walk has to arrive at the unchanged frame with the frame pointer that it had.
        let last = kept.checked_sub(1)?;
        if stack.nodes.get(last)?.needs_frame_pointer() && outer.get(last) != Some(&frame_pointer) {
            return None;
        }
        Some((self.site, path_words.len()))
    }
}
