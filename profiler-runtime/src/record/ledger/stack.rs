//! The stack of saved frames: one for every ledger.
//!
//! It lies here and not in the frames, so that a frame is two pointers, which the compiler keeps in
//! registers, and a call has little to copy. And it lies where the figures are, because the frames
//! above [`Stack::complete`] have not written anything else about their callers: a reader finds it
//! out from here.

use core::ptr::{self, NonNull};

use mem_profile_format::layout;

use super::row::{Chunk, KEY, Row};
use super::saved_frame::{GUARDED, PLAIN, SavedFrame};
use crate::record::memory::arena;
use crate::record::sync::word::{Pointer, Word};

/// For so many frames, at first.
const SMALLEST: usize = 64;

/// Is below the first entry of a stack that has no block.
static NO_FRAME: SavedFrame = SavedFrame::new();

/// The innermost frame is the last one.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Stack {
    /// Behind the last one.
    pub(in crate::record) top: Pointer<SavedFrame>,
    /// Behind the last one whose caller is up to date. Nothing has changed between the entries of the
    /// frames above.
    pub(in crate::record) complete: Pointer<SavedFrame>,
    pub(super) begin: Pointer<SavedFrame>,
    end: Pointer<SavedFrame>,
}

impl Stack {
    pub(crate) const fn new() -> Self {
        let none = (&raw const NO_FRAME).cast_mut().wrapping_add(1);
        Self {
            top: Pointer::new(none),
            complete: Pointer::new(none),
            begin: Pointer::new(none),
            end: Pointer::new(none),
        }
    }

    #[inline(always)]
    pub(crate) fn is_full(&self) -> bool {
        self.top.get() == self.end.get()
    }

    /// Puts one more on the stack, of a frame of `chunk`; `None` where that is full.
    #[inline(always)]
    pub(crate) fn push(&self, chunk: Chunk, row: &'static Row) -> Option<&SavedFrame> {
        let top = self.top.get();
        if top == self.end.get() {
            return None;
        }
        // SAFETY: as it is not full, there is room between `top` and `end`.
        let saved = unsafe { &*top };
        saved.chunk.set(chunk.as_ptr());
        saved.row.set(ptr::from_ref(row).cast_mut());
        saved.end.set(PLAIN.into());
        self.top.set(top.wrapping_add(1));
        Some(saved)
    }

    /// The chunk of the innermost frame.
    pub(in crate::record) fn chunk(&self) -> Option<Chunk> {
        self.chunk_below(self.top.get())
    }

    /// The chunk of the frame below this entry; `None` for the first one.
    fn chunk_below(&self, entry: *mut SavedFrame) -> Option<Chunk> {
        // SAFETY: what lies between `begin` and `top` was written by `push`.
        (entry != self.begin.get()).then(|| unsafe { &*entry.wrapping_sub(1) }.chunk())?
    }

    #[inline(always)]
    pub(crate) fn is_complete(&self) -> bool {
        self.top.get() == self.complete.get()
    }

    /// Takes the last one away, if it belongs to a frame of `chunk` whose end only gives the row back. It is
    /// valid until the next one is pushed, like what the others give.
    ///
    /// # Safety
    /// A frame was once put here.
    #[inline(always)]
    pub(in crate::record) unsafe fn pop_plain(&self, chunk: Chunk) -> Option<&SavedFrame> {
        let last = self.top.get().wrapping_sub(1);
        // SAFETY: so there is a block: below its first entry is the unit for its header, in which no chunk
        // is, and the others were written by `push`.
        let saved = unsafe { &*last };
        (saved.chunk.get() == chunk.as_ptr() && saved.end.get() as u32 == PLAIN).then(|| {
            self.top.set(last);
            saved
        })
    }

    /// Takes the last one away, if it is that of a frame of `chunk` and its caller is not
    /// up to date.
    pub(in crate::record) fn pop_incomplete(&self, chunk: Chunk) -> Option<&SavedFrame> {
        if self.is_complete() || self.chunk() != Some(chunk) {
            return None;
        }
        let last = self.top.get().wrapping_sub(1);
        self.top.set(last);
        // SAFETY: what lies between `complete` and `top` was written by `push`.
        Some(unsafe { &*last })
    }

    /// All that are not complete, the outermost first, with the chunks of those who called them.
    pub(in crate::record) fn incomplete(
        &self,
    ) -> impl Iterator<Item = (Option<Chunk>, &SavedFrame)> {
        let (mut at, top) = (self.complete.get(), self.top.get());
        core::iter::from_fn(move || {
            let entry = (at != top).then_some(at)?;
            at = at.wrapping_add(1);
            // SAFETY: what lies between `complete` and `top` was written by `push`.
            Some((self.chunk_below(entry), unsafe { &*entry }))
        })
    }

    /// Takes away what the innermost frame of `chunk` put here, and what lies above: frames on
    /// other stacks of a thread that has several may end in another order, and `give_up` sees these. All
    /// callers are up to date.
    #[inline(always)]
    pub(crate) fn pop_of(
        &self,
        chunk: Chunk,
        give_up: impl Fn(&SavedFrame),
    ) -> Option<&SavedFrame> {
        let mut above = self.top.get();
        while self.chunk_below(above)? != chunk {
            above = above.wrapping_sub(1);
        }
        self.discard_from(above, give_up);
        let last = above.wrapping_sub(1);
        self.top.set(last);
        self.complete.set(last);
        // SAFETY: what lies between `begin` and `top` was written by `push`.
        Some(unsafe { &*last })
    }

    /// The ends of these frames will not be seen.
    #[inline(always)]
    fn discard_from(&self, entry: *mut SavedFrame, give_up: impl Fn(&SavedFrame)) {
        while self.top.get() != entry {
            let last = self.top.get().wrapping_sub(1);
            // SAFETY: what lies between `begin` and `top` was written by `push`.
            give_up(unsafe { &*last });
            self.top.set(last);
        }
        self.complete.set(entry);
    }

    /// The innermost frame is guarded, and began where the stack pointer was this.
    pub(in crate::record) fn guard(&self, stack_pointer: usize) {
        if let Some(last) = self.last() {
            last.begun.set(stack_pointer as i64);
            last.end_by(GUARDED);
        }
    }

    /// The stack address at which the innermost frame began, if it is guarded.
    pub(in crate::record) fn guarded(&self) -> Option<usize> {
        self.last()?.guarded()
    }

    /// The entry of the innermost frame.
    pub(in crate::record) fn last(&self) -> Option<&SavedFrame> {
        let last = self.top.get().wrapping_sub(1);
        // SAFETY: as it is not empty, `push` wrote the last one.
        (self.depth() > 0).then(|| unsafe { &*last })
    }

    /// The chunks of the guarded frames, the innermost first. Any thread may look.
    pub(in crate::record) fn guarded_chunks(&self) -> impl Iterator<Item = Chunk> {
        let mut at = self.top.get();
        core::iter::from_fn(move || {
            at = at.wrapping_sub(1);
            // SAFETY: an entry, or what is before the first one, in which nothing is guarded. Blocks are
            // never freed.
            let entry = unsafe { &*at };
            entry.chunk().filter(|_| entry.guarded().is_some())
        })
    }

    /// The path that leads to the line that runs, as far as that is known; else 0, and always outside of all
    /// frames. As [`Row::caller`](Row) has it.
    ///
    /// PERF: not shifted: 2 instructions an allocation (cost bench).
    #[inline(always)]
    pub(in crate::record) fn caller_key(&self) -> i64 {
        let last = self.top.get().wrapping_sub(1);
        // SAFETY: the last entry or, where there is none, `NO_FRAME` or the unit before the first one, of which that
        // is zero.
        unsafe { &*last }.end.get() | KEY
    }

    /// Finds the path that leads to the line that runs, of which `line` gives the next one: of a path, a chunk and
    /// a row in it. Returns 0 outside of all frames. The ledger is busy.
    pub(in crate::record) fn find_path(
        &self,
        line: impl Fn(u32, Chunk, &'static Row) -> u32,
    ) -> u32 {
        let begin = self.begin.get();
        // SAFETY: what lies between `begin` and `top` was written by `push`.
        let entry = |index: usize| unsafe { &*begin.wrapping_add(index) };
        let known = (0..self.depth()).rev().find(|&index| entry(index).site() != 0);
        let mut site = known.map_or(0, |index| entry(index).site());
        for index in known.map_or(0, |index| index + 1)..self.depth() {
            let caller = self.chunk_below(begin.wrapping_add(index));
            let row = entry(index).row();
            site = caller.map_or(layout::paths::OUTSIDE, |chunk| line(site, chunk, row));
            entry(index).set_site(site);
        }
        site
    }

    /// How many frames are on it.
    pub(crate) fn depth(&self) -> usize {
        (self.top.get().addr() - self.begin.get().addr()) / size_of::<SavedFrame>()
    }

    /// The highest mark of all callers, in absolute bytes. All are up to date.
    pub(crate) fn highest_peak(&self) -> i64 {
        let entry = |index| {
            // SAFETY: what lies between `begin` and `top` was written by `push`.
            unsafe { &*self.begin.get().add(index) }
        };
        (0..self.depth()).map(|index| entry(index).frame_peak.get()).max().unwrap_or(0)
    }

    /// Gives up all frames, of a thread that has ended. All callers are up to date.
    pub(crate) fn clear(&self, give_up: impl Fn(&SavedFrame)) {
        self.discard_from(self.begin.get(), give_up);
    }

    /// Makes room for more, on a stack that is complete; `None` when memory is out.
    #[cold]
    pub(crate) fn grow(&self) -> Option<()> {
        let old = self.begin.get();
        let count = self.depth();
        let room = (2 * count).max(SMALLEST);
        let block = arena::reserve(layout::UNIT + room * size_of::<SavedFrame>())?;
        let begin = Self::entries(block);
        for index in 0..count {
            // SAFETY: both blocks hold as many, which were written by `push`.
            let (from, to) = unsafe { (&*old.add(index), &*begin.add(index)) };
            to.copy(from);
        }
        // SAFETY: `reserve` gives a word, never freed.
        arena::finish(unsafe { block.as_ref() }, layout::STACK);
        let old_block = NonNull::new(old.wrapping_byte_sub(layout::UNIT).cast::<Word>());
        self.begin.set(begin);
        self.end.set(begin.wrapping_add(room));
        self.top.set(begin.wrapping_add(count));
        self.complete.set(begin.wrapping_add(count));
        let had_block = !ptr::eq(old, (&raw const NO_FRAME).wrapping_add(1));
        if let Some(block) = old_block.filter(|_| had_block) {
            // SAFETY: the block that the old entries are in, never freed.
            arena::abandon(unsafe { block.as_ref() });
        }
        Some(())
    }

    /// Entries lie in a block behind a unit for its header.
    fn entries(block: NonNull<Word>) -> *mut SavedFrame {
        block.as_ptr().wrapping_byte_add(layout::UNIT).cast()
    }
}

#[cfg(test)]
impl Stack {
    pub(super) fn is_in_order(&self) -> bool {
        [&self.begin, &self.complete, &self.top, &self.end].map(Pointer::get).is_sorted()
    }

    /// Whether each saved row is one of the frame below, where there is one.
    pub(super) fn rows_are_callers(&self) -> bool {
        let (begin, count) = (self.begin.get(), self.depth());
        (0..count).all(|index| {
            // SAFETY: what lies between `begin` and `top` was written by `push`.
            let (entry, saved) = unsafe { (begin.add(index), &*begin.add(index)) };
            self.chunk_below(entry).is_none_or(|caller| caller.find_row(saved.row()).is_some())
        })
    }
}
