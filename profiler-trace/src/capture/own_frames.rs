//! Finds the functions of the profiler and of the allocator by their addresses, for programs that are
//! stripped: their innermost frame would always be the profiler's.
//!
//! The allocator is called from two places. The frames that both stacks have in common at their inner
//! end are not the caller's.

use core::alloc::Layout;
use core::hint::black_box;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::alloc::{alloc, alloc_zeroed, dealloc, realloc};
use std::sync::OnceLock;

use crate::hook::watcher;
use crate::tables::tree;
use crate::unwind::{self, Unwinder};
use mem_profile_runtime::internal::{self, Moved, Noting, Watcher};

/// Where they begin, in order.
static FUNCTIONS: OnceLock<Vec<u64>> = OnceLock::new();

static WATCHER: Watcher = Watcher {
    allocated: |block, _| {
        look();
        block
    },
    freed: |_, _| {},
    pages: None,
    moving: |_, _| 0,
    moved: |_, _: Moved| look(),
};

static TRACE: OnceLock<Option<Unwinder>> = OnceLock::new();
/// The stack of the last call.
static FOUND: AtomicU32 = AtomicU32::new(0);

/// Set while somebody looks: a signal handler may come in between.
static IS_LOOKING: AtomicBool = AtomicBool::new(false);

#[inline(never)]
fn look() {
    if IS_LOOKING.swap(true, Relaxed) {
        return;
    }
    if let Some(Some(trace)) = TRACE.get() {
        FOUND.store(trace.site(), Relaxed);
    }
    IS_LOOKING.store(false, Relaxed);
}

/// Finds out, once. Where the tables are, and not inside the allocator.
pub(crate) fn prepare() {
    FUNCTIONS.get_or_init(|| {
        TRACE.get_or_init(Unwinder::reserve);
        let mut functions = watcher::functions().map(unwind::function_at).to_vec();
        // Few allocations call it, and none of those below.
        functions.push(unwind::function_at(internal::allocator_function() as u64));
        for operation in [make, make_zeroed, make_aligned, make_zeroed_aligned, make_again] {
            functions.extend(common(operation).into_iter().map(called_from));
        }
        // While a budget runs, another one reallocates.
        let _noting = Noting::begin();
        functions.extend(common(make_again).into_iter().map(called_from));
        functions.sort_unstable();
        functions.dedup();
        functions
    });
}

/// How many of these return addresses, the innermost first, are in the profiler's functions.
pub(crate) fn count(addresses: &[u64]) -> usize {
    addresses.iter().take_while(|&&address| is_own(address)).count()
}

/// Whether it is in one of the profiler's functions.
pub(crate) fn is_own(address: u64) -> bool {
    let functions = FUNCTIONS.get().map_or(&[][..], Vec::as_slice);
    functions.binary_search(&called_from(address)).is_ok()
}

/// The function to which the address returns, which may be right behind its end.
fn called_from(address: u64) -> u64 {
    unwind::function_at(address.wrapping_sub(1))
}

/// The inner end that two stacks have in common.
fn common(operation: fn()) -> Vec<u64> {
    let (one, other) = (from_place::<1>(operation), from_place::<2>(operation));
    let same = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
    // Two places have not the same address; if they do, nothing has been found out.
    if same < one.len() { one[..same].to_vec() } else { Vec::new() }
}

/// The stack with which the allocator is called from this function.
#[inline(never)]
fn from_place<const NUMBER: u32>(operation: fn()) -> Vec<u64> {
    internal::watched_by(&WATCHER, operation);
    // Otherwise the compiler may see that both functions are the same, and make them one.
    black_box(NUMBER);
    let mut addresses = Vec::new();
    tree::frames_of(FOUND.load(Relaxed), |address| addresses.push(address & unwind::ADDRESS));
    addresses
}

/// A block that the system's allocator makes at once, and one that it has to align.
const USUAL: Layout = Layout::new::<[u64; 4]>();
const ALIGNED: Layout = Layout::new::<Aligned>();

#[repr(align(64))]
struct Aligned(#[expect(dead_code, reason = "it has a size")] [u64; 8]);

fn make() {
    give_back(make_by(alloc, USUAL), USUAL);
}

fn make_aligned() {
    give_back(make_by(alloc, ALIGNED), ALIGNED);
}

fn make_zeroed() {
    give_back(make_by(alloc_zeroed, USUAL), USUAL);
}

fn make_zeroed_aligned() {
    give_back(make_by(alloc_zeroed, ALIGNED), ALIGNED);
}

fn make_again() {
    let block = make_by(alloc, USUAL);
    if !block.is_null() {
        // SAFETY: made with this layout; the new size is not zero.
        let new = unsafe { realloc(block, USUAL, ALIGNED.size()) };
        let size = if new.is_null() { USUAL.size() } else { ALIGNED.size() };
        let block = if new.is_null() { block } else { new };
        // SAFETY: the alignment comes from a layout.
        give_back(block, unsafe { Layout::from_size_align_unchecked(size, USUAL.align()) });
    }
}

#[inline(always)]
fn make_by(allocate: unsafe fn(Layout) -> *mut u8, layout: Layout) -> *mut u8 {
    // SAFETY: no layout here is empty.
    black_box(unsafe { allocate(layout) })
}

fn give_back(block: *mut u8, layout: Layout) {
    if !block.is_null() {
        // SAFETY: made with this layout.
        unsafe { dealloc(block, layout) };
    }
}
