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

use super::shortcut::{self, Ends, LONGEST, Shortcuts};
use super::walk::{End, Kept, walk};
use super::{Caller, FOREIGN_REACH, Frame, Readable, Word, modules, step};
use crate::record::word::Local;
use crate::trace::table::region;
use crate::trace::tree::{self, CUT, ROOT, Stack, TRUNCATED};

/// Frames of one stack; what is further out is cut off.
const DEPTH: usize = 1 << 14;

/// Whether stacks are walked from the last one; a test compares both.
static REUSES: AtomicBool = AtomicBool::new(true);

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

/// One thread's last stack.
pub(crate) struct Trace {
    own_start: Local,
    own_end: Local,
    /// Words that are kept, and the generation of the modules then.
    length: Local,
    generation: Local,
    arrays: AtomicPtr<Arrays>,
}

/// All zero at first, which is valid.
#[repr(C)]
struct Arrays {
    /// The outermost first.
    words: [Word; DEPTH],
    levels: [Level; DEPTH],
    frame_pointers: [usize; DEPTH],
    /// The frames of a walk, the innermost first.
    fresh: [Caller; DEPTH],
    shortcuts: Shortcuts,
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

impl Trace {
    pub(crate) fn reserve() -> Option<Self> {
        let arrays = region(size_of::<Arrays>());
        (!arrays.is_null()).then(|| Self {
            own_start: Local::new(0),
            own_end: Local::new(0),
            length: Local::new(0),
            generation: Local::new(0),
            arrays: AtomicPtr::new(arrays.cast()),
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
        let Frame { address, stack_pointer, frame_pointer } = step::here();
        self.site_from(address, stack_pointer, frame_pointer)
    }

    /// Takes numbers, which are passed in registers.
    #[inline(never)]
    fn site_from(&self, address: u64, stack_pointer: usize, frame_pointer: usize) -> u32 {
        let start = Frame { address, stack_pointer, frame_pointer };
        // SAFETY: made by `reserve`, used by this thread only, and by one capture at a time.
        let arrays = unsafe { &mut *self.arrays.load(Relaxed) };
        let kept = self.unchanged(&arrays.words, start.stack_pointer);
        let Some(ends) = arrays.ends(kept, &start) else {
            return self.walk(arrays, start, kept);
        };
        let callers = arrays.callers(&ends, &start);
        let set = arrays.shortcuts.between(&ends, callers);
        let (words, levels) = (&mut arrays.words[kept..], &mut arrays.levels[kept..]);
        for shortcut in set {
            // SAFETY: from the stack pointer to a frame of the thread's own stack.
            let found = unsafe { shortcut.follow(&ends, start.stack_pointer, words, levels) };
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

    /// How many words of the last stack, from the outermost on, are what they were.
    #[inline(always)]
    fn unchanged(&self, words: &[Word], stack_pointer: usize) -> usize {
        if self.generation.get() as u64 != modules::generation()
            || !self.own().contains(&stack_pointer)
        {
            return 0;
        }
        let Some(words) = words.get(..self.length.get() as usize) else { return 0 };
        // SAFETY: words that were read before in this thread's own stack.
        let mut kept = unsafe { count_unchanged(words) };
        // What lies below the stack pointer is not in use, whatever it holds.
        while kept > 0 && words[kept - 1].place < stack_pointer {
            kept -= 1;
        }
        kept
    }

    #[cold]
    #[inline(never)]
    fn walk(&self, arrays: &mut Arrays, start: Frame, kept: usize) -> u32 {
        let (own, generation) = (self.own(), modules::generation());
        let is_own = own.contains(&start.stack_pointer);
        let reach = start.stack_pointer.saturating_add(FOREIGN_REACH);
        let readable =
            Readable { stack: start.stack_pointer..if is_own { own.end } else { reach } };
        let way = arrays.ends(kept, &start).map(|ends| (ends, arrays.callers(&ends, &start)));
        let known = Kept {
            words: &arrays.words[..kept],
            levels: &arrays.levels[..kept],
            frame_pointers: &arrays.frame_pointers[..kept],
        };
        let frame = Frame { address: modules::tagged(start.address), ..start };
        let (count, end) = walk(frame, readable, known, &own, &mut arrays.fresh);
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
        if is_own && end != End::Lost && fresh.iter().all(is_kept) && REUSES.load(Relaxed) {
            self.length.set(found.length as i64);
            if let (Some((ends, callers)), End::Joined(joined, caller)) = (way, end)
                && joined == kept
                && !caller.by_frame_pointer
                && arrays.is_plain(kept, count)
            {
                let (words, levels) = (&arrays.words[kept..], &arrays.levels[kept..]);
                let place = shortcut::place(arrays.shortcuts.between(&ends, callers));
                place.learn(ends, start.stack_pointer, &words[..count], &levels[..count], site);
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
        let levels = &arrays.levels[..self.length.get() as usize];
        levels.iter().any(|level| level.needs_frame_pointer())
    }
}

/// A stack, and how many words are kept of it.
struct Found {
    stack: Stack,
    length: usize,
}

impl Arrays {
    /// The ends of the way to the first of the words that are kept.
    #[inline(always)]
    fn ends(&self, kept: usize, start: &Frame) -> Option<Ends> {
        let last = kept.checked_sub(1)?;
        let (word, level) = (self.words.get(last)?, self.levels.get(last)?);
        let distance = u32::try_from(word.place - start.stack_pointer).ok()?;
        let parent = level.stack();
        (*level != Level::NOWHERE).then_some(Ends { start: start.address, parent, distance })
    }

    /// The two innermost return addresses, mixed: they tell ways apart, mostly.
    #[inline(always)]
    fn callers(&mut self, ends: &Ends, start: &Frame) -> u64 {
        let end = start.stack_pointer + ends.distance as usize;
        if self.own_size.address != start.address {
            self.own_size =
                Size { address: start.address, ..Size::of(modules::tagged(start.address)) };
        }
        let first = start.stack_pointer + self.own_size.bytes;
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
    fn forget(&mut self) {
        self.shortcuts.forget();
        self.own_size = Size::default();
        self.sizes.fill(Size::default());
    }

    /// Whether a way can be a shortcut: neither it nor what lies further out needs a frame pointer.
    fn is_plain(&self, kept: usize, count: usize) -> bool {
        count <= LONGEST
            && !self.levels[kept - 1].needs_frame_pointer()
            && !self.fresh[..count].iter().any(|caller| caller.by_frame_pointer)
    }

    /// Puts the frames of a walk behind the words that are kept, and finds their nodes; `None`
    /// where the tree has no room for them.
    fn append(&mut self, count: usize, end: End) -> Option<Found> {
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

/// Whether stacks are walked to their end each time; for a test that compares both.
pub(crate) fn walk_in_full(full: bool) {
    REUSES.store(!full, Relaxed);
    modules::begin_generation();
}
