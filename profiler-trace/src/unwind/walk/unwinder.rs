//! The last stack of a thread, and how the next one is found from it.
//!
//! ```text
//!   outermost                                   innermost
//!   main ── run ── parse ── value ── push ── grow      last time
//!     =      =       =        ≠                        words, re-read from the outermost inwards
//!                    ▲
//!                    └── item ── push ── grow          this time: a path that was learned, or
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

use super::caller::{Caller, ReadableStack, StackWord, UnwindFrame};
use super::join::{WalkEnd, walk};
use super::last_stack::{FrameNode, LastStack, UnchangedStack};
use super::scratch::Scratch;
use super::stack_cache::StackCache;
use super::step;
use crate::tables::mapped_array::region;
use crate::tables::tree;
use crate::unwind::modules;
use mem_profile_runtime::internal::Word;

/// Whether stacks are walked from the last one; a test compares both.
static REUSES: AtomicBool = AtomicBool::new(true);

/// One thread's last stack.
pub(crate) struct Unwinder {
    own_start: Word,
    own_end: Word,
    /// Words that are kept, and the generation of the modules then.
    length: Word,
    generation: Word,
    cache: AtomicPtr<StackCache>,
    scratch: Scratch,
}

impl Unwinder {
    pub(crate) fn reserve() -> Option<Self> {
        let cache = region(size_of::<StackCache>());
        let scratch = Scratch::reserve()?;
        (!cache.is_null()).then(|| Self {
            own_start: Word::new(0),
            own_end: Word::new(0),
            length: Word::new(0),
            generation: Word::new(0),
            cache: AtomicPtr::new(cache.cast()),
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
        let cache = unsafe { &mut *self.cache.load(Relaxed) };
        let kept = self.unchanged(&cache.last, start.stack_pointer);
        let Some(ends) = cache.ends(kept, &start) else {
            return self.walk(cache, start, kept);
        };
        let callers = cache.callers(&ends, &start);
        for path in &cache.paths.between(&ends, callers).paths {
            // SAFETY: from the stack pointer to a frame of the thread's own stack.
            let found = unsafe { path.follow(&ends, &start, &mut cache.last, kept) };
            if let Some((site, length)) = found {
                self.length.set((kept + length) as i64);
                return site;
            }
        }
        self.walk(cache, start, kept)
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
        // A word below the stack pointer is not in use, whatever it holds.
        let is_of_no_use = |index: usize| {
            words[index].place < stack_pointer || last.nodes[index] == FrameNode::NOT_A_FRAME
        };
        while kept > 0 && is_of_no_use(kept - 1) {
            kept -= 1;
        }
        kept
    }

    #[cold]
    #[inline(never)]
    fn walk(&self, cache: &mut StackCache, start: UnwindFrame, kept: usize) -> u32 {
        if self.own().contains(&start.stack_pointer) {
            return self.walk_here(cache, start, kept);
        }
        // SAFETY: this thread's, and there is one capture at a time.
        unsafe { self.scratch.run(|| self.walk_here(cache, start, kept)) }
    }

    #[inline(never)]
    fn walk_here(&self, cache: &mut StackCache, start: UnwindFrame, kept: usize) -> u32 {
        let (own, generation) = (self.own(), modules::generation());
        let mut readable = ReadableStack::from(start.stack_pointer, &own);
        let way = cache.ends(kept, &start).map(|ends| (ends, cache.callers(&ends, &start)));
        let known = UnchangedStack {
            words: &cache.last.words[..kept],
            nodes: &cache.last.nodes[..kept],
            frame_pointers: &cache.last.frame_pointers[..kept],
        };
        let frame = UnwindFrame { address: modules::tagged(start.address), ..start };
        let (count, end) = walk(frame, &mut readable, known, &mut cache.fresh);
        if self.generation.get() as u64 != generation {
            cache.forget();
        }
        self.length.set(0);
        self.generation.set(generation as i64);
        let found = cache.append(count, end);
        let site = tree::site_of(found.stack);
        // Behind a signal, frames may lie on a stack that is not the thread's.
        let is_kept = |caller: &Caller| own.contains(&caller.word.place) && !caller.is_interrupted;
        let fresh = &cache.fresh[..count];
        let is_own = own.contains(&start.stack_pointer) && !readable.has_left;
        if is_own
            && end != WalkEnd::UnwindFailed
            && fresh.iter().all(is_kept)
            && REUSES.load(Relaxed)
        {
            self.length.set(found.length as i64);
            if let (Some((ends, callers)), WalkEnd::Joined(joined, _)) = (way, end)
                && joined == kept
            {
                let set = cache.paths.between(&ends, callers);
                set.insert(ends, &start, &cache.last, kept, &found, site);
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
unsafe fn count_unchanged(words: &[StackWord]) -> usize {
    // SAFETY: the caller's promise.
    let is_changed = |word: &StackWord| unsafe { word.now() } != word.value;
    let (fours, rest) = words.as_chunks::<4>();
    for (index, four) in fours.iter().enumerate() {
        if let Some(changed) = four.iter().position(is_changed) {
            return 4 * index + changed;
        }
    }
    4 * fours.len() + rest.iter().position(is_changed).unwrap_or(rest.len())
}

#[cfg(test)]
impl Unwinder {
    /// How many words of the last stack are kept.
    pub(super) fn kept(&self) -> usize {
        self.length.get() as usize
    }

    /// Whether any frame of the last stack is found by a frame pointer.
    pub(super) fn needs_frame_pointers(&self) -> bool {
        // SAFETY: made by `reserve`, and no capture is going on.
        let cache = unsafe { &*self.cache.load(Relaxed) };
        let nodes = &cache.last.nodes[..self.length.get() as usize];
        nodes.iter().any(|node| node.needs_frame_pointer())
    }
}

/// Whether stacks are walked to their end each time; for a test that compares both.
pub(crate) fn walk_in_full(full: bool) {
    REUSES.store(!full, Relaxed);
    modules::begin_generation();
}
