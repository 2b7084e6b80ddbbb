//! The blocks that a thread has allocated for a budget and that nobody has freed yet.
//!
//! A hash table by address that grows and never moves an entry. Any thread may take a block out, and a
//! signal handler may put one in while the thread it interrupts does the same, so slots change hands by
//! one compare-and-swap each, and nobody waits. An address names a block for as long as the block lives:
//! whoever frees it takes it out before.

use core::fmt;
use core::ptr::{self, NonNull};
use core::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU64, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use crate::process;
use crate::record::sync::claim::Claim;
use crate::record::sync::list::{List, Node};
use crate::record::sync::word::{marked, unmarked};

/// Slots of a bucket: their addresses are one cache line.
const SLOTS: usize = 8;
/// Buckets of the first part. Each further part has four times as many.
const FIRST: usize = 8;
/// 250 million blocks.
const PARTS: usize = 13;

const EMPTY: usize = 0;
/// Taken, and not filled yet.
const FILLING: usize = 1;

const PAGE: usize = 4096;

#[repr(C, align(64))]
struct Bucket {
    addresses: [AtomicUsize; SLOTS],
    sizes: [AtomicUsize; SLOTS],
    /// Marked where a panic was under way.
    rows: [AtomicPtr<()>; SLOTS],
}

/// A block that is still there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LiveBlock {
    pub(crate) address: usize,
    pub(crate) size: usize,
    /// The row of the line that was current when it was allocated.
    pub(crate) row: *const (),
    /// Whether it was allocated while a panic was under way.
    pub(crate) in_panic: bool,
}

/// The blocks of one budget. Never freed, but used by one budget after another.
#[repr(C, align(64))]
pub(crate) struct LiveBlocks {
    next: AtomicPtr<Self>,
    claim: Claim,
    /// The blocks of the budget around it on the same thread.
    pub(in crate::record) outer: AtomicPtr<Self>,
    is_running: AtomicBool,
    /// How many threads had begun when its thread opened it last, and how many of the later ones it has started.
    pub(in crate::record) births: AtomicU64,
    pub(in crate::record) started_threads: AtomicUsize,
    is_stranded: AtomicBool,
    count: AtomicUsize,
    /// Blocks for which there was no room.
    lost: AtomicUsize,
    parts: AtomicUsize,
    first: [Bucket; FIRST],
    more: [AtomicPtr<Bucket>; PARTS - 1],
}

static TABLES: List<LiveBlocks> = List::new(AtomicPtr::new(ptr::null_mut()));

impl Node for LiveBlocks {
    fn next(&self) -> &AtomicPtr<Self> {
        &self.next
    }
}

/// The blocks of all budgets that run.
pub(in crate::record) fn running() -> impl Iterator<Item = &'static LiveBlocks> {
    TABLES.iter().filter(|blocks| blocks.is_running())
}

impl fmt::Debug for LiveBlocks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LiveBlocks").field("count", &self.count()).finish_non_exhaustive()
    }
}

impl LiveBlocks {
    /// An empty table; `None` when memory is out.
    pub(in crate::record) fn reserve() -> Option<&'static Self> {
        let blocks = TABLES.iter().find(|blocks| blocks.claim.take()).or_else(Self::make)?;
        blocks.clear();
        blocks.is_running.store(true, Release);
        Some(blocks)
    }

    /// An empty table that is no budget's; `None` when memory is out.
    #[allow(dead_code, reason = "only for listeners of `usdt`")]
    pub(in crate::record) fn reserve_alone() -> Option<&'static Self> {
        let blocks = Self::make()?;
        blocks.clear();
        Some(blocks)
    }

    fn make() -> Option<&'static Self> {
        let place = process::map_memory(size_of::<Self>().next_multiple_of(PAGE))?;
        // SAFETY: as long as that, aligned to pages, given to nobody else and never given back; zeroes
        // are valid: null pointers, numbers, and a claim that nobody holds.
        let blocks: &'static Self = unsafe { place.cast().as_ref() };
        // Before others see it.
        blocks.claim.take();
        TABLES.push(blocks);
        Some(blocks)
    }

    /// The budget has ended.
    pub(in crate::record) fn stop(&self) {
        self.is_running.store(false, Release);
    }

    /// Another budget may use it, unless it is [stranded](Self::strand).
    pub(in crate::record) fn release(&self) {
        if !self.is_stranded.load(Relaxed) {
            self.claim.release();
        }
    }

    /// A thread keeps it open and never closes it.
    pub(in crate::record) fn strand(&self) {
        self.is_stranded.store(true, Relaxed);
    }

    pub(in crate::record) fn is_running(&self) -> bool {
        self.is_running.load(Acquire)
    }

    fn clear(&self) {
        for bucket in self.buckets() {
            for address in &bucket.addresses {
                if address.load(Relaxed) != EMPTY {
                    address.store(EMPTY, Relaxed);
                }
            }
        }
        for word in [&self.count, &self.lost, &self.started_threads] {
            word.store(0, Relaxed);
        }
        self.parts.store(1, Relaxed);
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Acquire)
    }

    /// How many threads the budget's thread is known to have started.
    pub(crate) fn started(&self) -> usize {
        self.started_threads.load(Relaxed)
    }

    /// How many are not known, because memory was out.
    pub(crate) fn lost(&self) -> usize {
        self.lost.load(Relaxed)
    }

    /// All blocks in the set.
    pub(crate) fn iter(&self) -> impl Iterator<Item = LiveBlock> {
        self.buckets().flat_map(|bucket| (0..SLOTS).filter_map(|slot| bucket.block(slot)))
    }

    /// Whether there was room.
    pub(in crate::record) fn put(&self, block: &LiveBlock) -> bool {
        for part in 0..PARTS {
            let Some(bucket) = self.bucket_or_make(part, block.address) else { break };
            if part >= self.parts.load(Relaxed) {
                self.parts.fetch_max(part + 1, Relaxed);
            }
            if bucket.put(block) {
                self.count.fetch_add(1, Release);
                return true;
            }
        }
        self.lost.fetch_add(1, Relaxed);
        false
    }

    /// Whether it was there.
    pub(in crate::record) fn take(&self, address: usize) -> bool {
        self.take_as(address, address).is_some()
    }

    /// The block is about to get another address. Whether it was there.
    pub(in crate::record) fn begin_move(&self, address: usize) -> bool {
        let exchange = |slot: &AtomicUsize, _| {
            slot.compare_exchange(address, moving(address), AcqRel, Relaxed).is_ok()
        };
        self.find(address, address, exchange).is_some()
    }

    /// Enters the new address of a block that has begun to move from `old`.
    pub(in crate::record) fn end_move(&self, old: usize, address: usize, size: usize) {
        if let Some(block) = self.take_as(old, moving(old)) {
            self.put(&LiveBlock { address, size, ..block });
        }
    }

    fn take_as(&self, address: usize, word: usize) -> Option<LiveBlock> {
        let exchange =
            |slot: &AtomicUsize, _| slot.compare_exchange(word, EMPTY, AcqRel, Relaxed).is_ok();
        let block = self.find(address, word, exchange)?;
        self.count.fetch_sub(1, Release);
        Some(block)
    }

    /// The block of `address` that stands in the table as `word`, if `exchange` replaces that.
    fn find(
        &self,
        address: usize,
        word: usize,
        exchange: impl Fn(&AtomicUsize, usize) -> bool,
    ) -> Option<LiveBlock> {
        for part in 0..self.parts.load(Relaxed) {
            let Some(bucket) = self.bucket(part, address) else { continue };
            for (slot, held) in bucket.addresses.iter().enumerate() {
                if held.load(Acquire) == word
                    && let Some(block) = bucket.block(slot)
                    && exchange(held, slot)
                {
                    return Some(LiveBlock { address, ..block });
                }
            }
        }
        None
    }

    fn buckets(&self) -> impl Iterator<Item = &Bucket> {
        (0..self.parts.load(Relaxed)).flat_map(|part| {
            let start = self.part(part);
            // SAFETY: a part is never freed, and as long as that.
            let bucket = move |start: NonNull<Bucket>, index| unsafe { start.add(index).as_ref() };
            (0..length(part)).filter_map(move |index| Some(bucket(start?, index)))
        })
    }

    fn part(&self, part: usize) -> Option<NonNull<Bucket>> {
        match part.checked_sub(1) {
            None => Some(NonNull::from(&self.first).cast()),
            Some(more) => NonNull::new(self.more.get(more)?.load(Acquire)),
        }
    }

    /// The bucket of a block with this address in that part; `None` if there is no such part.
    fn bucket(&self, part: usize, address: usize) -> Option<&Bucket> {
        let index = hash(address) % length(part);
        // SAFETY: the index is below the length of the part, which is never freed.
        Some(unsafe { self.part(part)?.add(index).as_ref() })
    }

    fn bucket_or_make(&self, part: usize, address: usize) -> Option<&Bucket> {
        self.bucket(part, address).or_else(|| {
            self.make_part(part)?;
            self.bucket(part, address)
        })
    }

    #[cold]
    fn make_part(&self, part: usize) -> Option<()> {
        let bytes = length(part).checked_mul(size_of::<Bucket>())?.next_multiple_of(PAGE);
        let new = process::map_memory(bytes)?;
        let place = self.more.get(part.checked_sub(1)?)?;
        let made = new.cast().as_ptr();
        if place.compare_exchange(ptr::null_mut(), made, AcqRel, Acquire).is_err() {
            // A signal handler was faster.
            // SAFETY: just made, and known to nobody else.
            unsafe { process::unmap(new, bytes) };
        }
        Some(())
    }
}

impl Bucket {
    fn block(&self, slot: usize) -> Option<LiveBlock> {
        let address = self.addresses[slot].load(Acquire);
        let row = self.rows[slot].load(Relaxed);
        let size = self.sizes[slot].load(Relaxed);
        let in_panic = unmarked(row) != row;
        let block = LiveBlock { address, size, row: unmarked(row), in_panic };
        (!matches!(address, EMPTY | FILLING)).then_some(block)
    }

    /// Whether there was room.
    fn put(&self, block: &LiveBlock) -> bool {
        let is_taken = |slot: &&AtomicUsize| {
            slot.load(Relaxed) == EMPTY
                && slot.compare_exchange(EMPTY, FILLING, Acquire, Relaxed).is_ok()
        };
        let taken = self.addresses.iter().enumerate().find(|(_, slot)| is_taken(slot));
        let Some((slot, address)) = taken else { return false };
        let row = block.row.cast_mut();
        self.rows[slot].store(if block.in_panic { marked(row) } else { row }, Relaxed);
        self.sizes[slot].store(block.size, Relaxed);
        address.store(block.address, Release);
        true
    }
}

/// Stands for a block while it is being moved. No block has such an address: it is the system's.
const fn moving(address: usize) -> usize {
    !address
}

const fn length(part: usize) -> usize {
    FIRST << (2 * part)
}

fn hash(address: usize) -> usize {
    // Fibonacci hashing; of the product, the upper bits.
    ((address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUT: &str = "memory is out";

    fn block(address: usize) -> LiveBlock {
        LiveBlock { address, size: address / 16, row: ptr::null(), in_panic: false }
    }

    #[test]
    fn blocks_are_there_until_they_are_taken_out_however_many() -> Result<(), &'static str> {
        let blocks = LiveBlocks::reserve().ok_or(OUT)?;
        let addresses = |count: usize| (1..=count).map(|number| number * 16);
        assert!(addresses(100_000).all(|address| blocks.put(&block(address))));
        assert_eq!((blocks.count(), blocks.lost()), (100_000, 0));
        let sizes = blocks.iter().map(|block| block.size).sum::<usize>();
        assert_eq!(sizes, 100_000 * 100_001 / 2);
        assert!(addresses(99_999).all(|address| blocks.take(address)));
        assert!(!addresses(99_999).any(|address| blocks.take(address)));
        assert_eq!((blocks.count(), blocks.iter().count()), (1, 1));
        assert!(blocks.take(1_600_000) && blocks.iter().next().is_none());
        blocks.stop();
        blocks.release();
        Ok(())
    }

    #[test]
    fn a_block_that_moves_stays_there() -> Result<(), &'static str> {
        let blocks = LiveBlocks::reserve().ok_or(OUT)?;
        blocks.put(&LiveBlock { in_panic: true, ..block(0x5000) });
        assert!(!blocks.begin_move(0x6000) && blocks.begin_move(0x5000));
        assert!(blocks.count() == 1 && !blocks.take(0x5000));
        blocks.end_move(0x5000, 0x7001, 9);
        let LiveBlock { address, size, in_panic, .. } = blocks.iter().next().ok_or(OUT)?;
        assert_eq!((address, size, in_panic, blocks.count()), (0x7001, 9, true, 1));
        assert!(blocks.take(0x7001) && blocks.iter().next().is_none());
        blocks.stop();
        blocks.release();
        Ok(())
    }
}
