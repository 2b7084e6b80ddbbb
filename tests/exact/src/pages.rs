//! Memory of which programs without the counting allocator touch known pages.

use std::ffi::c_int;
use std::hint::black_box;
use std::ops::Range;

/// The size of a page.
pub const PAGE: usize = 4096;

/// So large that the C library always maps it, leaves it untouched, and gives it back.
pub const LARGE: usize = 64 << 20;

// SAFETY: this is how the C library declares it.
unsafe extern "C" {
    fn prctl(option: c_int, ...) -> c_int;
}

const PR_SET_THP_DISABLE: c_int = 41;

/// Memory that is untouched. From now on the process has no huge pages, which come 512 at a time.
pub fn untouched() -> Vec<u8> {
    // SAFETY: this option takes four numbers and changes nothing but that.
    assert_eq!(unsafe { prctl(PR_SET_THP_DISABLE, 1_usize, 0_usize, 0_usize, 0_usize) }, 0);
    black_box(vec![0; LARGE])
}

/// Writes to each of the pages.
#[inline(never)]
pub fn write(memory: &mut [u8], pages: Range<usize>) {
    for page in pages {
        black_box(&mut *memory)[page * PAGE] = 1;
    }
}
