//! The stacks: a tree whose root is where threads begin and whose nodes are return addresses.
//!
//! A node is one stack. Nodes are found by parent and address in a table that only grows:
//! insertion is one compare-and-swap, so nobody waits for anybody. A node at which something was
//! allocated is a **site**; sites are numbered densely, which is what counters go by.

use core::sync::atomic::{
    AtomicU32, AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use crate::tables::areas::Areas;
use crate::tables::mapped_array::{MappedArray, Zeroed};

/// How many stacks, and beginnings of stacks, there is room for; later ones are [`TRUNCATED_STACK`].
const NODES: usize = 1 << 21;
/// Stacks that allocate.
pub(crate) const SITES: usize = 1 << 19;
const LARGEST_AREA: u32 = (2 * NODES).ilog2();
const BUCKETS: Areas<4> = Areas::new([12, 15, 18, LARGEST_AREA]);

/// A stack: the number of its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stack(pub(crate) u32);

/// Where threads begin.
pub(crate) const ROOT: Stack = Stack(1);
/// Stands for the callers that the unwinder could not find.
pub(crate) const UNWIND_FAILED: Stack = Stack(2);
/// Stands for all stacks for which there is no room, and for those that continue them.
pub(crate) const TRUNCATED_STACK: Stack = Stack(3);
const FIRST_NODE: u32 = 4;

/// The site of [`TRUNCATED_STACK`], and of stacks that find no site.
pub(crate) const TRUNCATED: u32 = 1;
/// Takes the blocks that were allocated without a stack: in a handler, or past the end of a thread.
pub(crate) const NO_STACK: u32 = 2;
const FIRST_SITE: u32 = 3;

/// One return address below another.
#[derive(Debug)]
pub(crate) struct Node {
    parent: AtomicU32,
    /// Zero until something is allocated here.
    site: AtomicU32,
    frame: AtomicU64,
}

// SAFETY: zeroes are numbers.
unsafe impl Zeroed for Node {}

/// A node's number, and in the bits above it a part of the hash that does not choose the place; zero
/// where there is none.
///
/// PERF: a node is read only if that part is the same. An allocation and its free of a recursive builder
/// take 4,374 instructions in place of 4,880 (without folding, less the plain program's 610).
struct Bucket(AtomicU32);

// SAFETY: zero is a number.
unsafe impl Zeroed for Bucket {}

static NODE: MappedArray<Node, NODES> = MappedArray::new();
static BUCKET: MappedArray<Bucket, { BUCKETS.length() }> = MappedArray::new();
static SITE: MappedArray<AtomicU32, SITES> = MappedArray::new();
static NEXT_NODE: AtomicU32 = AtomicU32::new(FIRST_NODE);
static NEXT_SITE: AtomicU32 = AtomicU32::new(FIRST_SITE);

pub(crate) fn reserve() -> bool {
    NODE.reserve() && BUCKET.reserve() && SITE.reserve()
}

#[inline(always)]
fn hash(parent: Stack, frame: u64) -> usize {
    let mixed = (frame ^ (u64::from(parent.0) << 40)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed.rotate_left(32) ^ u64::from(parent.0).wrapping_mul(0x85eb_ca6b)) as usize
}

impl Bucket {
    /// A node with this hash, if it holds one and the parts of both hashes are the same.
    #[inline(always)]
    fn node(bits: u32, hash: usize) -> Option<Stack> {
        let number = bits ^ Self::bits(Stack(0), hash);
        ((number as usize) < NODES).then_some(Stack(number))
    }

    #[inline(always)]
    fn bits(node: Stack, hash: usize) -> u32 {
        ((hash >> LARGEST_AREA) as u32) << NODES.ilog2() | node.0
    }
}

/// The stack of `parent` with one more frame.
///
/// It is the same at each call, also where the tables are full: nothing is ever removed.
#[inline]
pub(crate) fn child(parent: Stack, frame: u64) -> Stack {
    let hash = hash(parent, frame);
    for place in BUCKETS.places(hash) {
        let Some(bucket) = BUCKET.get(place) else { break };
        let found = bucket.0.load(Acquire);
        if found == 0 {
            return insert(parent, frame).unwrap_or(TRUNCATED_STACK);
        }
        if let Some(node) = Bucket::node(found, hash).filter(|node| is(*node, parent, frame)) {
            return node;
        }
    }
    TRUNCATED_STACK
}

#[inline(always)]
fn is(node: Stack, parent: Stack, frame: u64) -> bool {
    NODE.get(node.0 as usize).is_some_and(|node| {
        node.parent.load(Relaxed) == parent.0 && node.frame.load(Relaxed) == frame
    })
}

#[cold]
#[inline(never)]
fn insert(parent: Stack, frame: u64) -> Option<Stack> {
    if parent == TRUNCATED_STACK {
        return None;
    }
    let new = next(&NEXT_NODE, NODES)?;
    let node = NODE.get(new as usize)?;
    node.parent.store(parent.0, Relaxed);
    node.frame.store(frame, Relaxed);
    let hash = hash(parent, frame);
    for place in BUCKETS.places(hash) {
        let bits = Bucket::bits(Stack(new), hash);
        let Err(theirs) = BUCKET.get(place)?.0.compare_exchange(0, bits, AcqRel, Acquire) else {
            return Some(Stack(new));
        };
        // Another thread came first with the same: our node stays unused.
        if let Some(node) = Bucket::node(theirs, hash).filter(|node| is(*node, parent, frame)) {
            return Some(node);
        }
    }
    None
}

/// The next number below `end`.
fn next(counter: &AtomicU32, end: usize) -> Option<u32> {
    #[cfg(test)]
    if IS_FULL.get() {
        return None;
    }
    // Asked first, so that a full table does not make the counter run around.
    if counter.load(Relaxed) as usize >= end {
        return None;
    }
    Some(counter.fetch_add(1, Relaxed)).filter(|&number| (number as usize) < end)
}

/// The number that counters of this stack go by; [`TRUNCATED`] where there is none left.
#[inline]
pub(crate) fn site_of(stack: Stack) -> u32 {
    let Some(node) = NODE.get(stack.0 as usize) else { return TRUNCATED };
    match node.site.load(Acquire) {
        0 => make_site(node, stack),
        site => site,
    }
}

#[cold]
#[inline(never)]
fn make_site(node: &Node, stack: Stack) -> u32 {
    if stack == TRUNCATED_STACK {
        return TRUNCATED;
    }
    let Some(new) = next(&NEXT_SITE, SITES) else { return TRUNCATED };
    let Some(place) = SITE.get(new as usize) else { return TRUNCATED };
    place.store(stack.0, Release);
    match node.site.compare_exchange(0, new, AcqRel, Acquire) {
        Ok(_) => new,
        Err(theirs) => theirs,
    }
}

/// Sites that may be in use.
pub(crate) fn sites() -> core::ops::Range<u32> {
    TRUNCATED..NEXT_SITE.load(Acquire).min(SITES as u32)
}

/// The frames of a site, innermost first, and whether its thread's beginning was reached.
pub(crate) fn frames_of(site: u32, mut each: impl FnMut(u64)) -> bool {
    let mut node = SITE.get(site as usize).map_or(0, |place| place.load(Acquire));
    while node >= FIRST_NODE {
        let Some(found) = NODE.get(node as usize) else { break };
        each(found.frame.load(Relaxed));
        node = found.parent.load(Relaxed);
    }
    node == ROOT.0
}

#[cfg(test)]
thread_local! {
    /// Whether the tables are full for this thread: other tests of the process go on.
    pub(crate) static IS_FULL: core::cell::Cell<bool> = const { core::cell::Cell::new(false) };
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn frames(site: u32) -> (Vec<u64>, bool) {
        let mut frames = Vec::new();
        let whole = frames_of(site, |frame| frames.push(frame));
        (frames, whole)
    }

    #[test]
    fn a_stack_is_found_again_by_all_threads() {
        assert!(reserve());
        fn stack_of(frames: &[u64]) -> Stack {
            frames.iter().fold(ROOT, |stack, &frame| child(stack, frame))
        }
        fn all() -> Vec<u32> {
            (0..2000).map(|number| site_of(stack_of(&[1, number % 3, number]))).collect()
        }
        let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(all)).collect();
        let sites: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert!(sites.windows(2).all(|pair| pair[0] == pair[1]));
        for (number, &site) in (0..).zip(&sites[0]) {
            assert_eq!(frames(site), (vec![number, number % 3, 1], true));
            assert!(super::sites().contains(&site));
        }
        let cut = site_of(child(UNWIND_FAILED, 9));
        assert_eq!(frames(cut), (vec![9], false));
        assert_eq!(frames(TRUNCATED), (vec![], false));
    }

    #[test]
    fn a_full_table_stays_full() {
        let counter = AtomicU32::new(5);
        assert_eq!(
            (next(&counter, 6), next(&counter, 6), next(&counter, 6)),
            (Some(5), None, None)
        );
        assert_eq!(counter.load(Relaxed), 6);
    }

    #[test]
    fn what_continues_a_truncated_stack_is_truncated() {
        assert!(reserve());
        let known = child(ROOT, 77);
        IS_FULL.set(true);
        let truncated = [child(known, 78), child(child(known, 79), 80)];
        IS_FULL.set(false);
        assert_eq!(truncated, [TRUNCATED_STACK; 2]);
        assert_eq!(child(TRUNCATED_STACK, 81), TRUNCATED_STACK, "although there is room");
        assert_eq!(site_of(TRUNCATED_STACK), TRUNCATED);
        assert_eq!(child(ROOT, 77), known);
    }
}
