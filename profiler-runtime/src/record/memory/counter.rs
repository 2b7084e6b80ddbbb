//! The blocks of one line that one thread has made or freed.

use core::mem::offset_of;

use mem_profile_format::layout;

use crate::record::sync::word::Word;

/// Written by one thread, but for the one of all threads that have no record.
///
/// The **epoch** is raised when the process leaves its highest mark. A counter that changes afterwards
/// first keeps its value, which is its value at the mark. So nothing is copied at a peak.
///
/// PERF: one cache line.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Counter {
    pub(crate) live: Word,
    pub(crate) live_blocks: Word,
    pub(crate) allocated: Word,
    pub(crate) allocations: Word,
    /// As they were when the highest mark was left, if that was in the current `epoch`.
    at_peak: Word,
    at_peak_blocks: Word,
    pub(crate) epoch: Word,
    /// The path that it counts for; 0 where it is not in use.
    pub(crate) site: Word,
}

// The numbers by which recordings are read.
const _: () = {
    assert!(offset_of!(Counter, live) == layout::counter::LIVE);
    assert!(offset_of!(Counter, live_blocks) == layout::counter::LIVE_BLOCKS);
    assert!(offset_of!(Counter, allocated) == layout::counter::ALLOCATED);
    assert!(offset_of!(Counter, allocations) == layout::counter::ALLOCATIONS);
    assert!(offset_of!(Counter, at_peak) == layout::counter::AT_PEAK);
    assert!(offset_of!(Counter, at_peak_blocks) == layout::counter::AT_PEAK_BLOCKS);
    assert!(offset_of!(Counter, epoch) == layout::counter::EPOCH);
    assert!(offset_of!(Counter, site) == layout::counter::SITE);
    assert!(size_of::<Counter>() == layout::counter::SIZE);
};

impl Counter {
    /// Whether it has kept its value at the mark that has begun this epoch.
    #[inline(always)]
    pub(crate) fn is_of(&self, epoch: i64) -> bool {
        !compare!(epoch, "jne", self, Self, epoch)
    }

    #[inline(always)]
    pub(crate) fn counts(&self, site: u32) -> bool {
        !compare!(i64::from(site), "jne", self, Self, site)
    }

    /// Keeps its value if the highest mark was left since the last change.
    #[inline(always)]
    pub(crate) fn begin_epoch(&self, epoch: i64) {
        if self.epoch.get() != epoch {
            self.at_peak.set(self.live.get());
            self.at_peak_blocks.set(self.live_blocks.get());
            self.epoch.set(epoch);
        }
    }

    /// Counts a new block.
    #[inline(always)]
    pub(crate) fn on_alloc(&self, size: i64) {
        add_at_once!(self, Self, live, size);
        add_at_once!(self, Self, allocated, size);
        add_at_once!(self, Self, allocations, const 1);
        add_at_once!(self, Self, live_blocks, const 1);
    }

    /// Counts a block that is about to be freed.
    #[inline(always)]
    pub(crate) fn on_free(&self, size: i64) {
        add_at_once!(self, Self, live, size.wrapping_neg());
        add_at_once!(self, Self, live_blocks, const -1);
    }

    /// Counts a block of the line that has changed in size.
    #[inline(always)]
    pub(crate) fn on_resize(&self, change: i64, growth: i64) {
        add_at_once!(self, Self, live, change);
        add_at_once!(self, Self, allocated, growth);
    }

    /// Counts a block that has come from another line, and has grown by so much.
    #[inline(always)]
    pub(crate) fn on_move(&self, size: i64, growth: i64) {
        self.on_resize(size, growth);
        add_at_once!(self, Self, live_blocks, const 1);
    }

    /// Counts blocks that were made or freed where any thread may write.
    pub(crate) fn add_shared(&self, bytes: i64, blocks: i64) {
        self.live.add_shared(bytes);
        self.live_blocks.add_shared(blocks);
        self.allocated.add_shared(bytes.max(0));
        self.allocations.add_shared(blocks.max(0));
    }

    /// Forgets what was requested.
    pub(crate) fn clear_requests(&self) {
        self.allocated.set(0);
        self.allocations.set(0);
    }
}
