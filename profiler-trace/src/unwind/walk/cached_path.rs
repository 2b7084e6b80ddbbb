//! The way from an unchanged frame to the allocator, as it went before.
//!
//! Most of what a thread does between two allocations is to return a few frames and to call a few
//! others, by ways that it has gone before. A walk is a function of the registers that it starts
//! with and of the words that it reads. So if it starts at the same instruction, the same distance
//! below the same frame, and the words that it would read are the same, it finds the same. A frame
//! pointer that it needs is the same where it leads as far above the stack pointer.

use super::caller::{Frame, Word};
use super::last_stack::{Found, LastStack, Level};
use crate::tables::tree::Stack;

/// Ways that have the same ends lie in one set, so many of them at a time.
const WAYS: usize = 4;
const SETS: usize = 1 << SET_BITS;
const SET_BITS: u32 = 8;

/// Words that a way may have: with them it fills six lines of the cache.
const LONGEST: usize = 21;

/// From where to where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub(super) struct Ends {
    /// The instruction.
    pub(super) start: u64,
    /// The unchanged frame, and how far its word lies above the stack pointer.
    pub(super) parent: Stack,
    pub(super) distance: u32,
}

/// What was found once. All zero it fits nothing: no frame is the parent `Stack(0)`.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(super) struct Shortcut {
    ends: Ends,
    site: u32,
    /// Words, and whether frame pointers have to be known, as [`HAS_FRAME_POINTERS`].
    length: u32,
    /// Where the frame pointer leads at the start, above the stack pointer; [`ANYWHERE`] where that
    /// makes no difference.
    frame_pointer: usize,
    /// The outermost first.
    hops: [Hop; LONGEST],
}

const HAS_FRAME_POINTERS: u32 = 1 << 31;
const ANYWHERE: usize = usize::MAX;

/// A word of it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct Hop {
    /// The return address; of a saved frame pointer, where it leads above the stack pointer.
    value: usize,
    /// How far above the stack pointer the word lies.
    offset: u32,
    level: Level,
}

impl Hop {
    const NONE: Self = Self { value: 0, offset: 0, level: Level::NOWHERE };
}

/// A thread's shortcuts.
pub(super) struct Shortcuts([[Shortcut; WAYS]; SETS]);

impl Shortcuts {
    pub(super) fn forget(&mut self) {
        let all = self.0.iter_mut().flatten();
        all.filter(|shortcut| shortcut.site != 0).for_each(|shortcut| *shortcut = Shortcut::NONE);
    }

    /// The ways with these ends and these innermost callers.
    #[inline(always)]
    pub(super) fn between(&mut self, ends: &Ends, callers: u64) -> &mut [Shortcut; WAYS] {
        let mixed = u64::from(ends.parent.0) << 40 ^ u64::from(ends.distance) << 12 ^ callers;
        let index = mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - SET_BITS);
        &mut self.0[index as usize % SETS]
    }
}

/// Keeps in `set` the way over what was found behind the first `kept` words of `stack`, unless it is
/// too long.
pub(super) fn learn(
    set: &mut [Shortcut; WAYS],
    ends: Ends,
    start: &Frame,
    stack: &LastStack,
    kept: usize,
    found: &Found,
    site: u32,
) {
    let (Some(words), Some(levels)) =
        (stack.words.get(kept..found.length), stack.levels.get(kept..found.length))
    else {
        return;
    };
    // Of a stack that is kept to the last place, words may be missing.
    if words.len() > LONGEST || found.length == stack.words.len() {
        return;
    }
    // The latest comes first, and the oldest goes.
    set.rotate_right(1);
    let above = |address: usize| address.wrapping_sub(start.stack_pointer);
    let is_plain = |level: &Level| *level != Level::NOWHERE && !level.needs_frame_pointer();
    let is_plain = !found.by_frame_pointer && levels.iter().all(is_plain);
    let mut hops = [Hop::NONE; LONGEST];
    for ((hop, word), &level) in hops.iter_mut().zip(words).zip(levels) {
        let value = if level == Level::NOWHERE { above(word.value) } else { word.value };
        *hop = Hop { value, offset: above(word.place) as u32, level };
    }
    set[0] = Shortcut {
        ends,
        site,
        length: words.len() as u32 | if is_plain { 0 } else { HAS_FRAME_POINTERS },
        frame_pointer: if found.by_frame_pointer { above(start.frame_pointer) } else { ANYWHERE },
        hops,
    };
}

impl Shortcut {
    const NONE: Self = Self {
        ends: Ends { start: 0, parent: Stack(0), distance: 0 },
        site: 0,
        length: 0,
        frame_pointer: ANYWHERE,
        hops: [Hop::NONE; LONGEST],
    };

    /// If the way is the same now, puts its words and frames behind the first `kept` of `stack`, and
    /// returns its site and its length.
    ///
    /// # Safety
    /// The stack from the stack pointer to the word at `ends.distance` can be read.
    #[inline(always)]
    pub(super) unsafe fn follow(
        &self,
        ends: &Ends,
        start: &Frame,
        stack: &mut LastStack,
        kept: usize,
    ) -> Option<(u32, usize)> {
        if self.ends != *ends {
            return None;
        }
        let Some(hops) = self.hops.get(..self.length as usize) else {
            // SAFETY: the caller's promise.
            return unsafe { self.follow_frame_pointers(start, stack, kept) };
        };
        let words = stack.words.get_mut(kept..)?.get_mut(..hops.len())?;
        let levels = stack.levels.get_mut(kept..)?.get_mut(..hops.len())?;
        for ((hop, word), level) in hops.iter().zip(words).zip(levels) {
            let place = start.stack_pointer + hop.offset as usize;
            // SAFETY: it lies below the word at `ends.distance`, with which it was learned.
            if unsafe { (place as *const usize).read_volatile() } != hop.value {
                return None;
            }
            *word = Word { place, value: hop.value };
            *level = hop.level;
        }
        Some((self.site, hops.len()))
    }

    /// The same where frames are found by frame pointers, which are known from the innermost on.
    ///
    /// # Safety
    /// As for `follow`.
    #[inline(never)]
    unsafe fn follow_frame_pointers(
        &self,
        start: &Frame,
        stack: &mut LastStack,
        kept: usize,
    ) -> Option<(u32, usize)> {
        let mut frame_pointer = start.frame_pointer;
        let led = frame_pointer.wrapping_sub(start.stack_pointer);
        if self.frame_pointer != ANYWHERE && self.frame_pointer != led {
            return None;
        }
        let hops = self.hops.get(..(self.length & !HAS_FRAME_POINTERS) as usize)?;
        let words = stack.words.get_mut(kept..)?.get_mut(..hops.len())?;
        let levels = stack.levels.get_mut(kept..)?.get_mut(..hops.len())?;
        let (outer, inner) = stack.frame_pointers.split_at_mut_checked(kept)?;
        let inner = inner.get_mut(..hops.len())?;
        let places = words.iter_mut().zip(levels).zip(inner);
        for (hop, ((word, level), kept_pointer)) in hops.iter().zip(places).rev() {
            let place = start.stack_pointer + hop.offset as usize;
            // SAFETY: it lies below the word at `ends.distance`, with which it was learned.
            let value = unsafe { (place as *const usize).read_volatile() };
            if hop.level == Level::NOWHERE {
                frame_pointer = value;
                if value.wrapping_sub(start.stack_pointer) != hop.value {
                    return None;
                }
            } else if value != hop.value {
                return None;
            }
            *word = Word { place, value };
            *level = hop.level;
            *kept_pointer = frame_pointer;
        }
        // The walk has to arrive at the unchanged frame with the frame pointer that it had.
        let last = kept.checked_sub(1)?;
        if stack.levels.get(last)?.needs_frame_pointer() && outer.get(last) != Some(&frame_pointer)
        {
            return None;
        }
        Some((self.site, hops.len()))
    }
}
