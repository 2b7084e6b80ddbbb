//! A saved frame: one entry of a ledger's stack.

use core::mem::offset_of;
use core::ptr::{self, NonNull};

use mem_profile_format::layout;

use super::row::{Chunk, Header, Row, Totals};
use crate::record::sync::word::{Pointer, Word};

/// The lower half of [`SavedFrame::end`] where the end of a frame only gives the row back, as most do.
pub(super) const PLAIN: u32 = 0;
/// The same where it has more to do.
pub(super) const MORE: u32 = 1;
/// The same for a guarded frame ([`crate::record::frame::foreign`]).
pub(super) const GUARDED: u32 = 2;

/// The state that a frame gives back to its caller when it ends.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct SavedFrame {
    /// The frame's own chunk.
    pub(crate) chunk: Pointer<Header>,
    /// The row that was current.
    pub(crate) row: Pointer<Row>,
    /// How the frame ends: [`PLAIN`], [`MORE`] or [`GUARDED`]. In the upper half the path of the caller's line,
    /// as far as it is known; else 0.
    ///
    /// PERF: so most ends look at one word: 64 ← 80 instructions a call and its end when it was a mark on the
    /// chunk's address. A word of its own takes 4 more, and needs no rule for addresses (callgrind).
    pub(super) end: Word,
    /// Where the next outer frame of the same function was left. This and what follows is set when
    /// the caller is complete.
    pub(crate) outer: Word,
    /// Where the caller's line and peak stood, in absolute bytes.
    pub(crate) line_start: Word,
    pub(crate) frame_peak: Word,
    /// The thread's live bytes when the frame was entered, in absolute bytes.
    pub(crate) entry: Word,
    /// The stack address at which the frame began, if it is guarded.
    pub(super) begun: Word,
}

// The numbers by which recordings are read.
const _: () = {
    assert!(offset_of!(SavedFrame, chunk) == layout::saved_frame::CHUNK);
    assert!(offset_of!(SavedFrame, row) == layout::saved_frame::ROW);
    assert!(offset_of!(SavedFrame, frame_peak) == layout::saved_frame::FRAME_PEAK);
    assert!(offset_of!(SavedFrame, entry) == layout::saved_frame::ENTRY);
    assert!(size_of::<SavedFrame>() == layout::saved_frame::SIZE);
};

impl SavedFrame {
    pub(super) const fn new() -> Self {
        Self {
            chunk: Pointer::new(ptr::null_mut()),
            row: Pointer::new(ptr::null_mut()),
            end: Word::new(PLAIN as i64),
            outer: Word::new(0),
            line_start: Word::new(0),
            frame_peak: Word::new(0),
            entry: Word::new(0),
            begun: Word::new(0),
        }
    }

    #[inline(always)]
    pub(crate) fn row(&self) -> &'static Row {
        // SAFETY: `push` was given the current row of a ledger, which is never freed.
        unsafe { NonNull::new_unchecked(self.row.get()).as_ref() }
    }

    /// The frame's own chunk.
    pub(in crate::record) fn chunk(&self) -> Option<Chunk> {
        // SAFETY: `push` was given it.
        unsafe { Chunk::from_ptr(self.chunk.get()) }
    }

    /// The end of the frame will not be seen.
    pub(super) fn give_up(&self, now: &Totals) {
        if let Some(chunk) = self.chunk() {
            chunk.record_suspended(now);
            chunk.set_last(now);
            chunk.suspended.set(self.outer.get());
        }
    }

    /// The stack address at which the frame began, if it is guarded.
    pub(super) fn guarded(&self) -> Option<usize> {
        (self.end.get() as u32 == GUARDED).then(|| self.begun.get() as usize)
    }

    /// The frame's end has more to do than to give the row back.
    pub(in crate::record) fn mark(&self) {
        self.end_by(MORE);
    }

    pub(super) fn end_by(&self, end: u32) {
        self.end.set(i64::from(self.site()) << 32 | i64::from(end));
    }

    /// The path of the caller's line; 0 where it is not known yet.
    #[inline(always)]
    pub(in crate::record) fn site(&self) -> u32 {
        (self.end.get() as u64 >> 32) as u32
    }

    pub(in crate::record) fn set_site(&self, site: u32) {
        self.end.set(i64::from(site) << 32 | i64::from(self.end.get() as u32));
    }

    pub(super) fn copy(&self, from: &Self) {
        self.chunk.set(from.chunk.get());
        self.row.set(from.row.get());
        for (word, from) in [
            (&self.end, &from.end),
            (&self.outer, &from.outer),
            (&self.line_start, &from.line_start),
            (&self.frame_peak, &from.frame_peak),
            (&self.entry, &from.entry),
            (&self.begun, &from.begun),
        ] {
            word.set(from.get());
        }
    }
}
