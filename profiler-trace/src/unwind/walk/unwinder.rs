//! The last stack of a thread, and how the next one is found from it.
//!
//! ```text
//!   outermost                                   innermost
//!   main ── run ── parse ── value ── push ── grow      last time
//!     =      =       =        ≠                        words, re-read from the outermost inwards
//!                    ▲
//!                    └── item ── push ── grow          this time: a shortcut that was learned, or
//!                                                      walked until a frame that is unchanged
//! ```
//!
//! A walk is a function of the registers that it starts with and of the words that it reads. Those
//! are kept: each return address, and a saved frame pointer where a frame further out is found by
//! it. A frame is unchanged when the walk arrives at the very word and frame pointer that it had,
//! and all words further out hold what they held. Only words in the thread's own stack are kept:
//! others may be unmapped when they are read again.

use core::ops::Range;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering::Relaxed};

use super::caller::{Caller, Frame, Readable, Word};
use super::join::{End, walk};
use super::last_stack::{Kept, LastStack, Level};
use super::scratch::Scratch;
use super::stack_cache::Arrays;
use super::{cached_path, step};
use crate::tables::mapped_array::region;
use crate::tables::tree::{self, TRUNCATED};
use crate::unwind::modules;
use mem_profile_runtime::internal::Word as OwnWord;

/// Whether stacks are walked from the last one; a test compares both.
static REUSES: AtomicBool = AtomicBool::new(true);

/// One thread's last stack.
pub(crate) struct Trace {
    own_start: OwnWord,
    own_end: OwnWord,
    /// Words that are kept, and the generation of the modules then.
    length: OwnWord,
    generation: OwnWord,
    arrays: AtomicPtr<Arrays>,
    scratch: Scratch,
}

impl Trace {
    pub(crate) fn reserve() -> Option<Self> {
        let arrays = region(size_of::<Arrays>());
        let scratch = Scratch::reserve()?;
        (!arrays.is_null()).then(|| Self {
            own_start: OwnWord::new(0),
            own_end: OwnWord::new(0),
            length: OwnWord::new(0),
            generation: OwnWord::new(0),
            arrays: AtomicPtr::new(arrays.cast()),
            scratch,
        })
    }

    /// A thread begins, with this stack of its own.
    pub(crate) fn begin(&self, own: Range<usize>) {
        self.own_start.set(own.start as i64);
        self.own_end.set(own.end as i64);
        self.length.set(0);
    }

    /// The site of the stack from here on. Only the thread itself calls this, and not twice at a
    /// time.
    #[inline(always)]
    pub(crate) fn site(&self) -> u32 {
        let start = step::here();
        // SAFETY: made by `reserve`, used by this thread only, and by one capture at a time.
        let arrays = unsafe { &mut *self.arrays.load(Relaxed) };
        let kept = self.unchanged(&arrays.last, start.stack_pointer);
        let Some(ends) = arrays.ends(kept, &start) else {
            return self.walk(arrays, start, kept);
        };
        let callers = arrays.callers(&ends, &start);
        let set = arrays.shortcuts.between(&ends, callers);
        for shortcut in set {
            // SAFETY: from the stack pointer to a frame of the thread's own stack.
            let found = unsafe { shortcut.follow(&ends, &start, &mut arrays.last, kept) };
            if let Some((site, length)) = found {
                self.length.set((kept + length) as i64);
                return site;
            }
        }
        self.walk(arrays, start, kept)
    }

    #[inline(always)]
    fn own(&self) -> Range<usize> {
        self.own_start.get() as usize..self.own_end.get() as usize
    }

    /// How many words of the last stack, from the outermost on, are what they were. The last of them
    /// is of a frame.
    #[inline(always)]
    fn unchanged(&self, last: &LastStack, stack_pointer: usize) -> usize {
        if self.generation.get() as u64 != modules::generation()
            || !self.own().contains(&stack_pointer)
        {
            return 0;
        }
        let Some(words) = last.words.get(..self.length.get() as usize) else { return 0 };
        // SAFETY: words that were read before in this thread's own stack.
        let mut kept = unsafe { count_unchanged(words) };
        // What lies below the stack pointer is not in use, whatever it holds.
        let is_of_no_use = |index: usize| {
            words[index].place < stack_pointer || last.levels[index] == Level::NOWHERE
        };
        while kept > 0 && is_of_no_use(kept - 1) {
            kept -= 1;
        }
        kept
    }

    #[cold]
    #[inline(never)]
    fn walk(&self, arrays: &mut Arrays, start: Frame, kept: usize) -> u32 {
        if self.own().contains(&start.stack_pointer) {
            return self.walk_here(arrays, start, kept);
        }
        // SAFETY: this thread's, and there is one capture at a time.
        unsafe { self.scratch.run(|| self.walk_here(arrays, start, kept)) }
    }

    #[inline(never)]
    fn walk_here(&self, arrays: &mut Arrays, start: Frame, kept: usize) -> u32 {
        let (own, generation) = (self.own(), modules::generation());
        let mut readable = Readable::from(start.stack_pointer, &own);
        let way = arrays.ends(kept, &start).map(|ends| (ends, arrays.callers(&ends, &start)));
        let known = Kept {
            words: &arrays.last.words[..kept],
            levels: &arrays.last.levels[..kept],
            frame_pointers: &arrays.last.frame_pointers[..kept],
        };
        let frame = Frame { address: modules::tagged(start.address), ..start };
        let (count, end) = walk(frame, &mut readable, known, &mut arrays.fresh);
        if self.generation.get() as u64 != generation {
            arrays.forget();
        }
        self.length.set(0);
        self.generation.set(generation as i64);
        let Some(found) = arrays.append(count, end) else { return TRUNCATED };
        let site = tree::site_of(found.stack);
        // Behind a signal, frames may lie on a stack that is not the thread's.
        let is_kept = |caller: &Caller| own.contains(&caller.word.place) && !caller.is_interrupted;
        let fresh = &arrays.fresh[..count];
        let is_own = own.contains(&start.stack_pointer) && !readable.has_left;
        if is_own && end != End::Lost && fresh.iter().all(is_kept) && REUSES.load(Relaxed) {
            self.length.set(found.length as i64);
            if let (Some((ends, callers)), End::Joined(joined, _)) = (way, end)
                && joined == kept
            {
                let set = arrays.shortcuts.between(&ends, callers);
                cached_path::learn(set, ends, &start, &arrays.last, kept, &found, site);
            }
        }
        site
    }
}

/// How many of the words, from the first on, are what they were.
///
/// # Safety
/// They can be read.
#[inline(always)]
unsafe fn count_unchanged(words: &[Word]) -> usize {
    // SAFETY: the caller's promise.
    let is_changed = |word: &Word| unsafe { word.now() } != word.value;
    let (fours, rest) = words.as_chunks::<4>();
    for (index, four) in fours.iter().enumerate() {
        if let Some(changed) = four.iter().position(is_changed) {
            return 4 * index + changed;
        }
    }
    4 * fours.len() + rest.iter().position(is_changed).unwrap_or(rest.len())
}

#[cfg(test)]
impl Trace {
    /// Whether any frame of the last stack is found by a frame pointer.
    pub(super) fn needs_frame_pointers(&self) -> bool {
        // SAFETY: made by `reserve`, and no capture is going on.
        let arrays = unsafe { &*self.arrays.load(Relaxed) };
        let levels = &arrays.last.levels[..self.length.get() as usize];
        levels.iter().any(|level| level.needs_frame_pointer())
    }
}

/// Whether stacks are walked to their end each time; for a test that compares both.
pub(crate) fn walk_in_full(full: bool) {
    REUSES.store(!full, Relaxed);
    modules::begin_generation();
}
