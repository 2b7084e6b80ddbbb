//! Values that last as long as this code is loaded. Their memory is the system allocator's, past all
//! counting.

use std::alloc::{GlobalAlloc, Layout, System};
use std::iter;
use std::ptr::{self, NonNull};
use std::sync::atomic::{
    AtomicPtr,
    Ordering::{Acquire, Relaxed, Release},
};

/// Lies before each block.
struct Header {
    next: *mut Header,
    /// Of header and block.
    layout: Layout,
    start: NonNull<u8>,
    /// Ends what was put into the block.
    drop: unsafe fn(NonNull<u8>),
    block: NonNull<u8>,
}

static BLOCKS: AtomicPtr<Header> = AtomicPtr::new(ptr::null_mut());

/// Zeroes of this layout; `None` when memory is out.
pub(crate) fn allocate(layout: Layout) -> Option<NonNull<u8>> {
    add(layout, |_| {}, |_| {})
}

/// Puts the value where it stays; `None` when memory is out.
pub(crate) fn keep<T: Sync + 'static>(value: T) -> Option<&'static T> {
    // SAFETY: the block is as large as the value, and nobody else's.
    let write = |block: NonNull<u8>| unsafe { block.cast().write(value) };
    // SAFETY: it was written there, and is dropped once.
    let block =
        add(Layout::new::<T>(), write, |block| unsafe { block.cast::<T>().drop_in_place() });
    // SAFETY: as above, and it is dropped when nobody looks at it again.
    block.map(|block| unsafe { block.cast::<T>().as_ref() })
}

fn add(
    layout: Layout,
    fill: impl FnOnce(NonNull<u8>),
    drop: unsafe fn(NonNull<u8>),
) -> Option<NonNull<u8>> {
    super::on_unload(release);
    let (layout, offset) = Layout::new::<Header>().extend(layout).ok()?;
    // SAFETY: the layout is not empty.
    let start = NonNull::new(unsafe { System.alloc_zeroed(layout) })?;
    // SAFETY: the header ends where the block begins, which is aligned for both.
    let (block, header) = unsafe { (start.add(offset), start.add(offset).cast::<Header>().sub(1)) };
    fill(block);
    let mut next = BLOCKS.load(Relaxed);
    loop {
        // SAFETY: it is ours until it is published.
        unsafe { header.write(Header { next, layout, start, drop, block }) };
        match BLOCKS.compare_exchange_weak(next, header.as_ptr(), Release, Relaxed) {
            Ok(_) => return Some(block),
            Err(theirs) => next = theirs,
        }
    }
}

/// Nobody looks at any of it again.
fn release() {
    let first = BLOCKS.swap(ptr::null_mut(), Acquire);
    // SAFETY: null, or what `add` wrote, which is there until the second pass.
    let header = |header: *mut Header| unsafe { header.as_ref() };
    let blocks = iter::successors(header(first), |before| header(before.next));
    // SAFETY: it holds what was put there. The end of one may need others.
    blocks.for_each(|Header { drop, block, .. }| unsafe { drop(*block) });
    let mut next = first;
    while let Some(&Header { next: following, layout, start, .. }) = header(next) {
        next = following;
        // SAFETY: made with this layout, and looked at for the last time.
        unsafe { System.dealloc(start.as_ptr(), layout) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_zero_and_aligned_and_values_stay() {
        for align in [1, 8, 16, 64, 4096] {
            let block = allocate(Layout::from_size_align(100, align).unwrap()).unwrap();
            assert_eq!(block.addr().get() % align, 0);
            let mut bytes = NonNull::slice_from_raw_parts(block, 100);
            // SAFETY: it is as large, and nobody else's.
            assert!(unsafe { bytes.as_mut() }.iter().all(|&byte| byte == 0));
        }
        assert_eq!(keep(String::from("here")).map(String::as_str), Some("here"));
    }
}
