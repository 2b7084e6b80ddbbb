//! The figures of one thread at one site: one cache line.

use core::sync::atomic::{AtomicI64, AtomicU32, Ordering::Relaxed};

use crate::tables::mapped_array::Zeroed;

/// A change of the figures: whole blocks, or in a sample the blocks that one stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amount {
    /// In units of [`ONE_BLOCK`].
    pub(crate) blocks: i64,
    pub(crate) bytes: i64,
}

/// Blocks are counted in parts, because one that is sampled may stand for 1.58 blocks.
pub(crate) const ONE_BLOCK: i64 = 1 << 10;

/// Rounds a count in units of [`ONE_BLOCK`] to whole blocks.
pub(crate) fn whole(blocks: i64) -> i64 {
    (blocks + ONE_BLOCK / 2).div_euclid(ONE_BLOCK)
}

/// Written by one thread with plain stores, read by any.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Counters {
    allocated_blocks: AtomicI64,
    allocated_bytes: AtomicI64,
    live_blocks: AtomicI64,
    live_bytes: AtomicI64,
    /// The blocks and bytes live when the highest mark was left, if that was in the current `epoch`.
    peak_blocks: AtomicI64,
    peak_bytes: AtomicI64,
    epoch: AtomicI64,
    reallocations: AtomicU32,
    temporary: AtomicU32,
}

// SAFETY: zeroes are numbers.
unsafe impl Zeroed for Counters {}

/// The same as numbers, for one site over threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) allocated: Amount,
    pub(crate) live: Amount,
    pub(crate) peak: Amount,
    pub(crate) reallocations: u64,
    pub(crate) temporary: u64,
}

#[inline(always)]
fn add(counter: &AtomicI64, change: i64) {
    counter.store(counter.load(Relaxed).wrapping_add(change), Relaxed);
}

#[inline(always)]
fn increase(counter: &AtomicU32) {
    counter.store(counter.load(Relaxed).saturating_add(1), Relaxed);
}

impl Counters {
    /// Keeps the live figures if the highest mark was left since the last change.
    #[inline(always)]
    fn save_peak(&self, epoch: i64) {
        if self.epoch.load(Relaxed) != epoch {
            self.peak_blocks.store(self.live_blocks.load(Relaxed), Relaxed);
            self.peak_bytes.store(self.live_bytes.load(Relaxed), Relaxed);
            self.epoch.store(epoch, Relaxed);
        }
    }

    #[inline(always)]
    pub(crate) fn on_alloc(&self, amount: Amount, epoch: i64) {
        self.save_peak(epoch);
        add(&self.allocated_blocks, amount.blocks);
        add(&self.allocated_bytes, amount.bytes);
        add(&self.live_blocks, amount.blocks);
        add(&self.live_bytes, amount.bytes);
    }

    #[inline(always)]
    pub(crate) fn on_free(&self, amount: Amount, epoch: i64) {
        self.save_peak(epoch);
        add(&self.live_blocks, -amount.blocks);
        add(&self.live_bytes, -amount.bytes);
    }

    #[inline(always)]
    pub(crate) fn on_reallocation(&self) {
        increase(&self.reallocations);
    }

    #[inline(always)]
    pub(crate) fn on_temporary(&self) {
        increase(&self.temporary);
    }

    /// For counters that several threads write. Their part of a peak is not kept.
    pub(crate) fn add_shared(&self, allocated: Amount, live: Amount) {
        self.allocated_blocks.fetch_add(allocated.blocks, Relaxed);
        self.allocated_bytes.fetch_add(allocated.bytes, Relaxed);
        self.live_blocks.fetch_add(live.blocks, Relaxed);
        self.live_bytes.fetch_add(live.bytes, Relaxed);
    }

    /// What is alive.
    pub(crate) fn live(&self) -> Amount {
        Amount { blocks: self.live_blocks.load(Relaxed), bytes: self.live_bytes.load(Relaxed) }
    }

    /// `epoch` is the one of the highest mark; `None` while it is still being raised.
    pub(crate) fn read(&self, epoch: Option<i64>) -> Sums {
        let amount = |blocks: &AtomicI64, bytes: &AtomicI64| Amount {
            blocks: blocks.load(Relaxed),
            bytes: bytes.load(Relaxed),
        };
        let live = amount(&self.live_blocks, &self.live_bytes);
        let kept = epoch == Some(self.epoch.load(Relaxed));
        Sums {
            allocated: amount(&self.allocated_blocks, &self.allocated_bytes),
            live,
            peak: if kept { amount(&self.peak_blocks, &self.peak_bytes) } else { live },
            reallocations: self.reallocations.load(Relaxed).into(),
            temporary: self.temporary.load(Relaxed).into(),
        }
    }
}

impl Sums {
    pub(crate) fn add(&mut self, other: &Self) {
        for (sum, more) in [
            (&mut self.allocated, other.allocated),
            (&mut self.live, other.live),
            (&mut self.peak, other.peak),
        ] {
            sum.blocks += more.blocks;
            sum.bytes += more.bytes;
        }
        self.reallocations += other.reallocations;
        self.temporary += other.temporary;
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn bytes(bytes: i64) -> Amount {
        Amount { blocks: ONE_BLOCK, bytes }
    }

    #[test]
    fn a_line_of_the_cache_each() {
        assert_eq!((size_of::<Counters>(), align_of::<Counters>()), (64, 64));
    }

    #[test]
    fn the_peak_is_what_was_live_when_the_mark_was_left() {
        // SAFETY: zeroes are valid.
        let counters: Counters = unsafe { core::mem::zeroed() };
        counters.on_alloc(bytes(100), 0);
        counters.on_alloc(bytes(20), 0);
        assert_eq!(counters.read(None).peak.bytes, 120, "still rising");
        assert_eq!(counters.read(Some(1)).peak.bytes, 120, "left, and nothing changed here since");
        counters.on_free(bytes(100), 1);
        counters.on_alloc(bytes(7), 1);
        let sums = counters.read(Some(1));
        assert_eq!((sums.peak.bytes, sums.live.bytes, sums.allocated.bytes), (120, 27, 127));
        assert_eq!((sums.peak.blocks, sums.live.blocks), (2 * ONE_BLOCK, 2 * ONE_BLOCK));
        assert_eq!(counters.read(Some(2)).peak.bytes, 27, "a later mark");
    }
}
