//! Address space for tables: reserved once, taken page by page as it is written, never moved.

use core::ops::Range;
use core::ptr::NonNull;
use core::sync::atomic::{
    AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};

use crate::process;

/// Starts and lengths. Further regions work, but stay when a library is unloaded.
static REGIONS: [[AtomicUsize; 2]; 4096] =
    [const { [AtomicUsize::new(0), AtomicUsize::new(0)] }; 4096];
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Zeroes that take room where they are written; `None` when there is no address space left.
pub(crate) fn reserve(bytes: usize) -> Option<NonNull<u8>> {
    let start = process::reserve(bytes)?;
    process::on_unload(release);
    if let Some([place, length]) = REGIONS.get(COUNT.fetch_add(1, Relaxed)) {
        length.store(bytes, Relaxed);
        place.store(start.addr().get(), Release);
    }
    Some(start)
}

/// The reserved memory.
pub(crate) fn regions() -> impl Iterator<Item = Range<usize>> {
    let regions = REGIONS.iter().take(COUNT.load(Relaxed));
    let regions = regions.map(|[place, length]| (place.load(Acquire), length.load(Relaxed)));
    regions.filter(|&(start, _)| start != 0).map(|(start, length)| start..start + length)
}

/// Nobody looks at any of it again.
fn release() {
    for region in regions() {
        if let Some(start) = NonNull::new(region.start as *mut u8) {
            // SAFETY: reserved with this length.
            unsafe { process::unmap(start, region.len()) };
        }
    }
}
