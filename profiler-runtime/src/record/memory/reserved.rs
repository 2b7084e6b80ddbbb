//! Address space for tables: reserved once, taken page by page as it is written, never moved.

use core::mem::offset_of;
use core::ops::Range;
use core::ptr::NonNull;
use core::sync::atomic::{
    AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};

use mem_profile_format::layout::regions;

use crate::process;

/// What is reserved. Further regions work, but stay when a library is unloaded.
#[repr(C)]
struct Regions {
    count: AtomicUsize,
    /// Starts and lengths.
    all: [[AtomicUsize; 2]; regions::MOST],
}

static REGIONS: Regions = Regions {
    count: AtomicUsize::new(0),
    all: [const { [AtomicUsize::new(0), AtomicUsize::new(0)] }; regions::MOST],
};

// The numbers by which they are read from outside of the process.
#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(offset_of!(Regions, count) == regions::COUNT);
    assert!(offset_of!(Regions, all) == regions::FIRST);
    assert!(size_of::<[AtomicUsize; 2]>() == regions::EACH);
};

/// Zeroes that take room where they are written; `None` when there is no address space left.
pub(crate) fn reserve(bytes: usize) -> Option<NonNull<u8>> {
    let start = process::reserve(bytes)?;
    process::on_unload(release);
    if let Some([place, length]) = REGIONS.all.get(REGIONS.count.fetch_add(1, Relaxed)) {
        length.store(bytes, Relaxed);
        place.store(start.addr().get(), Release);
    }
    Some(start)
}

/// The reserved memory.
pub(crate) fn regions() -> impl Iterator<Item = Range<usize>> {
    let regions = REGIONS.all.iter().take(REGIONS.count.load(Relaxed));
    let regions = regions.map(|[place, length]| (place.load(Acquire), length.load(Relaxed)));
    regions.filter(|&(start, _)| start != 0).map(|(start, length)| start..start + length)
}

/// Where the table is.
pub(super) fn address() -> usize {
    (&raw const REGIONS).addr()
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
