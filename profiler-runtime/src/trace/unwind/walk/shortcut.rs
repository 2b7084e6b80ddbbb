//! The way from an unchanged frame to the allocator, as it went before.
//!
//! Most of what a thread does between two allocations is to return a few frames and to call a few
//! others, by ways that it has gone before. A walk is a function of the registers that it starts
//! with and of the words that it reads. So if it starts at the same instruction, the same distance
//! below the same frame, and the words that it would read are the same, it finds the same.

use super::Word;
use super::kept::Level;
use crate::trace::tree::Stack;

/// Ways that have the same ends lie in one set, so many of them at a time.
const WAYS: usize = 4;
const SETS: usize = 1 << SET_BITS;
const SET_BITS: u32 = 8;

/// Frames that a way may have: with them it fills four lines of the cache.
pub(super) const LONGEST: usize = 14;

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
    length: u32,
    /// The outermost first.
    hops: [Hop; LONGEST],
}

/// A frame of it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct Hop {
    value: usize,
    /// How far above the stack pointer the word lies.
    offset: u32,
    level: Level,
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

/// A place in the set for a way that is not in it.
pub(super) fn place(set: &mut [Shortcut; WAYS]) -> &mut Shortcut {
    // The latest comes first, and the oldest goes.
    set.rotate_right(1);
    &mut set[0]
}

impl Shortcut {
    const NONE: Self = Self {
        ends: Ends { start: 0, parent: Stack(0), distance: 0 },
        site: 0,
        length: 0,
        hops: [Hop { value: 0, offset: 0, level: Level::NOWHERE }; LONGEST],
    };

    /// Keeps the way over these words and frames, the outermost first.
    pub(super) fn learn(
        &mut self,
        ends: Ends,
        stack_pointer: usize,
        words: &[Word],
        levels: &[Level],
        site: u32,
    ) {
        self.ends = ends;
        self.site = site;
        self.length = words.len().min(LONGEST) as u32;
        for ((hop, word), level) in self.hops.iter_mut().zip(words).zip(levels) {
            let offset = (word.place - stack_pointer) as u32;
            *hop = Hop { value: word.value, offset, level: *level };
        }
    }

    /// If the way is the same now, puts its words and frames into these places, and returns its
    /// site and its length.
    ///
    /// # Safety
    /// The stack from the stack pointer to the word at `ends.distance` can be read.
    #[inline(always)]
    pub(super) unsafe fn follow(
        &self,
        ends: &Ends,
        stack_pointer: usize,
        words: &mut [Word],
        levels: &mut [Level],
    ) -> Option<(u32, usize)> {
        if self.ends != *ends {
            return None;
        }
        let hops = self.hops.get(..self.length as usize)?;
        let (words, levels) = (words.get_mut(..hops.len())?, levels.get_mut(..hops.len())?);
        for ((hop, word), level) in hops.iter().zip(words).zip(levels) {
            let place = stack_pointer + hop.offset as usize;
            // SAFETY: it lies below the word at `ends.distance`, with which it was learned.
            if unsafe { (place as *const usize).read_volatile() } != hop.value {
                return None;
            }
            *word = Word { place, value: hop.value };
            *level = hop.level;
        }
        Some((self.site, hops.len()))
    }
}
