//! Where a watcher that knows few blocks has them, so that most frees need not ask it.

use core::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// Smaller pages have fewer blocks that are asked for in vain, and more counters to read.
const PAGE_BITS: u32 = 11;
/// Pages with a counter each: 1 GiB of address space. Addresses further away share them.
const PAGES: usize = 1 << 19;

/// How many blocks there are by page. A counter that was once full stays full: then more is asked
/// than need be.
#[derive(Debug)]
// A page of the system, so that its resident memory can be counted. Object files of Windows
// know no more than 8 KiB.
#[cfg_attr(not(windows), repr(C, align(16384)))]
#[cfg_attr(windows, repr(C, align(4096)))]
pub struct Pages([AtomicU8; PAGES]);

impl Pages {
    /// Without a block.
    pub const fn empty() -> Self {
        Self([const { AtomicU8::new(0) }; PAGES])
    }

    #[inline(always)]
    fn counter(&self, block: usize) -> &AtomicU8 {
        &self.0[(block >> PAGE_BITS) % PAGES]
    }

    /// False where the block is none of them.
    #[inline(always)]
    pub fn may_hold(&self, block: usize) -> bool {
        self.counter(block).load(Relaxed) != 0
    }

    /// There is one more.
    pub fn add(&self, block: usize) {
        let _ = self.counter(block).fetch_update(Relaxed, Relaxed, |count| count.checked_add(1));
    }

    /// It is about to go.
    pub fn remove(&self, block: usize) {
        let less = |count: u8| count.checked_sub(1).filter(|_| count != u8::MAX);
        let _ = self.counter(block).fetch_update(Relaxed, Relaxed, less);
    }

    /// There is none any more.
    pub fn clear(&self) {
        // Only read where nothing is, so that it takes no memory.
        let counters = self.0.iter().filter(|counter| counter.load(Relaxed) != 0);
        counters.for_each(|counter| counter.store(0, Relaxed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_may_hold_a_block_until_the_last_one_goes() {
        static BLOCKS: Pages = Pages::empty();
        let block = 0x5666_0000_07f0;
        BLOCKS.add(block);
        BLOCKS.add(block - 0x7f0);
        assert!(BLOCKS.may_hold(block & !0x7ff) && !BLOCKS.may_hold(block + 16));
        assert!(BLOCKS.may_hold(block + (1 << 30)), "it shares the counter");
        BLOCKS.remove(block);
        assert!(BLOCKS.may_hold(block));
        BLOCKS.remove(block);
        BLOCKS.remove(block);
        assert!(!BLOCKS.may_hold(block), "it does not count below zero");
    }

    #[test]
    fn a_full_counter_is_never_too_low() {
        static BLOCKS: Pages = Pages::empty();
        (0..1000).for_each(|_| BLOCKS.add(0));
        (0..999).for_each(|_| BLOCKS.remove(0));
        assert!(BLOCKS.may_hold(0));
        BLOCKS.clear();
        assert!(!BLOCKS.may_hold(0));
    }
}
