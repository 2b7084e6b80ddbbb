//! The stacks: a tree whose root is where threads begin and whose nodes are return addresses.
//!
//! A node is one stack, or an alias of one. Nodes are found by parent and address in a table that only
//! grows: insertion is one compare-and-swap, so nobody waits for anybody. A node at which something was
//! allocated is a **site**; sites are numbered densely, which is what counters go by.

use core::sync::atomic::{
    AtomicU32, AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use crate::tables::mapped_array::{MappedArray, Zeroed};
use mem_profile_runtime::internal::{Areas, BlockMap};

/// How many stacks, and beginnings of stacks, there is room for; later ones are [`TRUNCATED_STACK`].
const NODES: usize = 1 << 21;
/// Stacks that allocate.
pub(crate) const SITES: usize = BlockMap::SITES;
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

/// The return address of no frame: here is recursion, of which frames were left out.
pub(crate) const RECURSION: u64 = 0;

/// The return address of no frame either: here is a label, whose number is in the 16 bits above the address.
const LABEL: u64 = 1;

const IS_ALIAS: u32 = 1 << 31;

/// One return address below another.
#[derive(Debug)]
pub(crate) struct Node {
    parent: AtomicU32,
    /// Zero until something is allocated here; of an alias, [`IS_ALIAS`] and the node that it stands for.
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
    #[inline(always)]
    fn bits(node: u32, hash: usize) -> u32 {
        ((hash >> LARGEST_AREA) as u32) << NODES.ilog2() | node
    }

    /// The stack of `parent` with one more frame, if this is its bucket.
    #[inline(always)]
    fn stack(bits: u32, hash: usize, parent: Stack, frame: u64) -> Option<Stack> {
        let number = bits ^ Self::bits(0, hash);
        // Where the hashes differ, the number is too large.
        let node = NODE.get(number as usize)?;
        if node.parent.load(Relaxed) != parent.0 || node.frame.load(Relaxed) != frame {
            return None;
        }
        let site = node.site.load(Relaxed);
        Some(Stack(if site & IS_ALIAS == 0 { number } else { site & !IS_ALIAS }))
    }
}

/// The stack of `parent` with one more frame, if it is there.
#[inline(always)]
pub(crate) fn find(parent: Stack, frame: u64) -> Option<Stack> {
    let hash = hash(parent, frame);
    for place in BUCKETS.places(hash) {
        let found = BUCKET.get(place)?.0.load(Acquire);
        if found == 0 {
            return None;
        }
        if let Some(stack) = Bucket::stack(found, hash, parent, frame) {
            return Some(stack);
        }
    }
    None
}

/// The stack of `parent` with one more frame, which is not there; `alias` if that is to stand for it.
/// Where the tables are full, it is truncated.
pub(crate) fn insert(parent: Stack, frame: u64, alias: Option<Stack>) -> Stack {
    let is_truncated = [Some(parent), alias].contains(&Some(TRUNCATED_STACK));
    let inserted = if is_truncated { None } else { try_insert(parent, frame, alias) };
    inserted.unwrap_or(TRUNCATED_STACK)
}

fn try_insert(parent: Stack, frame: u64, alias: Option<Stack>) -> Option<Stack> {
    let new = next(&NEXT_NODE, NODES)?;
    let node = NODE.get(new as usize)?;
    node.parent.store(parent.0, Relaxed);
    node.frame.store(frame, Relaxed);
    node.site.store(alias.map_or(0, |stack| IS_ALIAS | stack.0), Relaxed);
    let hash = hash(parent, frame);
    for place in BUCKETS.places(hash) {
        let bits = Bucket::bits(new, hash);
        let Err(theirs) = BUCKET.get(place)?.0.compare_exchange(0, bits, AcqRel, Acquire) else {
            return Some(alias.unwrap_or(Stack(new)));
        };
        // Another thread came first with the same: our node stays unused.
        if let Some(stack) = Bucket::stack(theirs, hash, parent, frame) {
            return Some(stack);
        }
    }
    None
}

/// The frames of a stack, the innermost first, each with the stack that ends in it.
pub(crate) fn frames(stack: Stack) -> impl Iterator<Item = (Stack, u64)> {
    let mut next = stack;
    core::iter::from_fn(move || {
        let (stack, (parent, frame)) = (next, split(next)?);
        next = parent;
        Some((stack, frame))
    })
}

/// A stack without its innermost frame, and that frame; `None` if there is none.
fn split(stack: Stack) -> Option<(Stack, u64)> {
    let node = NODE.get(stack.0 as usize).filter(|_| stack.0 >= FIRST_NODE)?;
    Some((Stack(node.parent.load(Relaxed)), node.frame.load(Relaxed)))
}

/// How many stacks there are.
pub(crate) fn stacks() -> usize {
    (NEXT_NODE.load(Relaxed) - FIRST_NODE) as usize
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

/// The frames of a site, innermost first, and whether its thread's beginning was reached. A label is left out.
pub(crate) fn frames_of(site: u32, mut each: impl FnMut(u64)) -> bool {
    let (mut stack, _) = stack_and_label(site);
    while let Some((parent, frame)) = split(stack) {
        each(frame);
        stack = parent;
    }
    stack == ROOT
}

/// The stack of a site without its label, and the number of that.
fn stack_and_label(site: u32) -> (Stack, Option<u16>) {
    let stack = Stack(SITE.get(site as usize).map_or(0, |place| place.load(Acquire)));
    match split(stack) {
        Some((below, frame)) if frame << 16 == LABEL << 16 => (below, Some((frame >> 48) as u16)),
        _ => (stack, None),
    }
}

/// The label of a site, and the site of the same stack without it; `None` where it has none.
pub(crate) fn label_of(site: u32) -> Option<(u16, u32)> {
    let (stack, label) = stack_and_label(site);
    Some((label?, site_of(stack)))
}

/// The site of the same stack with this label; `None` where there is no room, or no stack.
#[cfg(feature = "graph")]
#[allow(dead_code, reason = "captures ask, which are of Linux alone")]
pub(crate) fn with_label(site: u32, label: u16) -> Option<u32> {
    let (stack, frame) = (stack_and_label(site).0, u64::from(label) << 48 | LABEL);
    if stack.0 < ROOT.0 {
        return None;
    }
    let labelled = find(stack, frame).unwrap_or_else(|| insert(stack, frame, None));
    Some(site_of(labelled)).filter(|&site| site >= FIRST_SITE)
}

#[cfg(test)]
thread_local! {
    /// Whether the tables are full for this thread: other tests of the process go on.
    pub(crate) static IS_FULL: core::cell::Cell<bool> = const { core::cell::Cell::new(false) };
}

#[cfg(all(test, unix))]
mod tests;
