//! The figures of glibc's allocator.

use std::mem::transmute;

/// The figures of `mallinfo2`, in their order.
#[repr(C)]
struct Figures([usize; 10]);

/// Bytes in use in arenas, with headers.
const IN_USE: usize = 7;
/// The free end of the main arena.
const HEAP_END: usize = 9;

/// Bytes that the allocator has in use in its arenas, with their headers, and with freed blocks that a thread keeps
/// for itself; and the free end of the main arena. It takes the lock of each arena. `None` before glibc 2.33.
pub(crate) fn in_use_and_heap_end() -> Option<(u64, u64)> {
    // Looked up, since programs must start where it is not there.
    // SAFETY: the name is a C string.
    let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"mallinfo2".as_ptr()) };
    if found.is_null() {
        return None;
    }
    // SAFETY: glibc's function of this name, which takes nothing and returns ten words.
    let mallinfo2: extern "C" fn() -> Figures = unsafe { transmute(found) };
    let Figures(figures) = mallinfo2();
    Some((figures[IN_USE] as u64, figures[HEAP_END] as u64))
}
