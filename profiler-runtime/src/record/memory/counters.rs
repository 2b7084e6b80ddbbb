//! The counters of one thread, by the numbers of their paths.

use core::ptr::{self, NonNull};
use core::sync::atomic::{
    AtomicPtr,
    Ordering::{Acquire, Relaxed, Release},
};

use mem_profile_format::layout;

use super::arena;
use super::counter::Counter;
use super::reserved;
use crate::record::sync::word::Word;

/// Counters in the first block of a thread, and in the largest.
const SMALLEST: i64 = 15;
const LARGEST: i64 = 255;

/// A counter for each path.
type Index = [AtomicPtr<Counter>; layout::paths::END as usize];

/// Counters in the memory of the figures, which follow.
#[derive(Debug)]
#[repr(C, align(64))]
struct Block {
    block: Word,
    count: Word,
    used: Word,
}

// The number by which recordings are read.
const _: () = assert!(size_of::<Block>() == layout::UNIT);

/// The counters of one thread, or of all that have no record. Zeroes are none.
#[derive(Debug)]
pub(in crate::record) struct Counters {
    /// Null before the first one.
    index: AtomicPtr<Index>,
    /// Where the latest are.
    block: AtomicPtr<Block>,
}

impl Counters {
    pub(in crate::record) const fn new() -> Self {
        Self { index: AtomicPtr::new(ptr::null_mut()), block: AtomicPtr::new(ptr::null_mut()) }
    }

    /// The counter of a path, if there is one.
    #[inline(always)]
    pub(in crate::record) fn find(&self, site: u32) -> Option<&'static Counter> {
        // SAFETY: null or as many zeroes, which are null pointers; never given back.
        let index = unsafe { self.index.load(Relaxed).as_ref() }?;
        // SAFETY: null or a counter, which is never freed.
        unsafe { index.get(site as usize)?.load(Relaxed).as_ref() }
    }

    /// The same, or a new one; `None` when memory is out.
    ///
    /// Where a signal handler or another thread does so meanwhile, there is a second one, and readers add up both.
    pub(in crate::record) fn get(&self, site: u32) -> Option<&'static Counter> {
        self.find(site).or_else(|| self.add(site))
    }

    #[cold]
    #[inline(never)]
    fn add(&self, site: u32) -> Option<&'static Counter> {
        if self.index.load(Relaxed).is_null() {
            self.index.store(reserved::reserve(size_of::<Index>())?.cast().as_ptr(), Relaxed);
        }
        let counter = loop {
            match self.block().and_then(|block| block.take(site)) {
                Some(counter) => break counter,
                None => self.block.store(BlockHandle::reserve(self.block())?.0.as_ptr(), Release),
            }
        };
        // SAFETY: not null, as above.
        let index = unsafe { self.index.load(Relaxed).as_ref() }?;
        index.get(site as usize)?.store(ptr::from_ref(counter).cast_mut(), Relaxed);
        Some(counter)
    }

    fn block(&self) -> Option<BlockHandle> {
        NonNull::new(self.block.load(Acquire)).map(BlockHandle)
    }
}

/// The counters of all threads.
pub(in crate::record) fn all() -> impl Iterator<Item = &'static Counter> {
    let blocks = arena::segments().flat_map(|segment| segment.blocks());
    let blocks = blocks.filter(|(kind, _)| *kind == layout::COUNTERS);
    blocks.flat_map(|(_, block)| BlockHandle(block.cast()).counters())
}

/// Leads to all of a block: a reference leads to its header alone.
#[derive(Clone, Copy)]
struct BlockHandle(NonNull<Block>);

impl BlockHandle {
    /// A new one, after `last`.
    fn reserve(last: Option<Self>) -> Option<Self> {
        let count = last.map_or(SMALLEST, |last| (2 * last.header().count.get() + 1).min(LARGEST));
        let place = arena::reserve(size_of::<Block>() + count as usize * size_of::<Counter>())?;
        let block = Self(place.cast());
        block.header().count.set(count);
        arena::finish(&block.header().block, layout::COUNTERS);
        Some(block)
    }

    fn header(self) -> &'static Block {
        // SAFETY: only `reserve` makes blocks: aligned, never freed, and zeroes are valid words.
        unsafe { self.0.as_ref() }
    }

    fn counters(self) -> impl Iterator<Item = &'static Counter> {
        (0..self.header().count.get() as usize).map(move |index| {
            // SAFETY: so many counters follow, never freed, and zeroes are valid.
            unsafe { self.0.add(1).cast::<Counter>().add(index).as_ref() }
        })
    }

    /// A counter that is not in use.
    fn take(self, site: u32) -> Option<&'static Counter> {
        let used = &self.header().used;
        let first = usize::try_from(used.get()).unwrap_or(0);
        self.counters().zip(1..).skip(first).find_map(|(counter, number)| {
            // The first to write its path has it, also among a thread and its signal handler.
            let is_free = counter.site.claim(site.into()).is_none();
            used.raise(number);
            is_free.then_some(counter)
        })
    }
}
