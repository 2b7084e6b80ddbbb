//! Allocators that are another one under another type.

/// Implements `GlobalAlloc` for a tuple struct, by the methods of the allocator in its first field.
macro_rules! forward_allocator {
    ($allocator:ident) => {
        // SAFETY: every method calls an allocator that upholds the contract, with the arguments that it was
        // given.
        unsafe impl<A: ::std::alloc::GlobalAlloc> ::std::alloc::GlobalAlloc for $allocator<A> {
            #[inline]
            unsafe fn alloc(&self, layout: ::std::alloc::Layout) -> *mut u8 {
                // SAFETY: the caller's promises are the allocator's requirements.
                unsafe { self.0.alloc(layout) }
            }

            #[inline]
            unsafe fn alloc_zeroed(&self, layout: ::std::alloc::Layout) -> *mut u8 {
                // SAFETY: as in `alloc`.
                unsafe { self.0.alloc_zeroed(layout) }
            }

            #[inline]
            unsafe fn dealloc(&self, block: *mut u8, layout: ::std::alloc::Layout) {
                // SAFETY: as in `alloc`.
                unsafe { self.0.dealloc(block, layout) }
            }

            #[inline]
            unsafe fn realloc(
                &self,
                block: *mut u8,
                layout: ::std::alloc::Layout,
                new_size: usize,
            ) -> *mut u8 {
                // SAFETY: as in `alloc`.
                unsafe { self.0.realloc(block, layout, new_size) }
            }
        }
    };
}
