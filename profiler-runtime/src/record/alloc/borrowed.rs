//! An allocator that belongs to the program, for `cargo mem-profile run`.

use std::alloc::{GlobalAlloc, Layout};

/// Hands on to a static of the program, which keeps its type and its name.
#[derive(Debug)]
pub struct Borrowed<A: 'static>(pub &'static A);

// SAFETY: every method calls an allocator that upholds the contract, with the arguments that it
// was given.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Borrowed<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are the allocator's requirements.
        unsafe { self.0.alloc(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as in `alloc`.
        unsafe { self.0.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as in `alloc`.
        unsafe { self.0.dealloc(block, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as in `alloc`.
        unsafe { self.0.realloc(block, layout, new_size) }
    }
}
