//! Address space for tables: reserved once, taken page by page as it is written, never moved.

use core::ptr;
use core::sync::atomic::{
    AtomicPtr, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};

use crate::system;
use mem_profile_runtime::internal;

/// A type whose zeroes are a valid value, which may be shared between threads.
///
/// # Safety
/// That is what it promises.
pub(crate) unsafe trait Zeroed: Sync {}

// SAFETY: zero is a number like any other.
unsafe impl Zeroed for core::sync::atomic::AtomicU32 {}

/// A number of elements, all zero at first, in address space of their own.
pub(crate) struct MappedArray<T, const LENGTH: usize> {
    start: AtomicPtr<T>,
}

impl<T: Zeroed, const LENGTH: usize> MappedArray<T, LENGTH> {
    pub(crate) const fn new() -> Self {
        Self { start: AtomicPtr::new(ptr::null_mut()) }
    }

    /// Makes sure that the address space is there. Not for two threads at once.
    pub(crate) fn reserve(&self) -> bool {
        if self.start.load(Relaxed).is_null() {
            self.start.store(region(LENGTH * size_of::<T>()).cast(), Release);
        }
        !self.start.load(Relaxed).is_null()
    }

    /// The element; `None` past the end, or before [`Self::reserve`].
    #[inline(always)]
    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        let start = self.start.load(Acquire);
        if index >= LENGTH || start.is_null() {
            return None;
        }
        // SAFETY: in bounds; zeroes are valid; tables are never given back.
        Some(unsafe { &*start.add(index) })
    }

    /// Makes all elements zero.
    pub(crate) fn wipe(&self) {
        let start = self.start.load(Acquire);
        if !start.is_null() {
            // SAFETY: `T` is `Zeroed`, and reserved with this length.
            unsafe { system::wipe(start.cast(), LENGTH * size_of::<T>()) };
        }
    }
}

/// Where our address space lies, for [`resident_bytes`]. Further regions work, but are not seen.
static REGIONS: [[AtomicUsize; 2]; 4096] =
    [const { [AtomicUsize::new(0), AtomicUsize::new(0)] }; 4096];
static REGION_COUNT: AtomicUsize = AtomicUsize::new(0);

/// Zeroed address space that stays; null when there is none.
pub(crate) fn region(bytes: usize) -> *mut u8 {
    let start = system::reserve(bytes);
    if !start.is_null() {
        internal::on_unload(release);
        note_region(start, bytes);
    }
    start
}

/// Counts address space as ours.
fn note_region(start: *mut u8, bytes: usize) {
    if let Some([place, length]) = REGIONS.get(REGION_COUNT.fetch_add(1, Relaxed)) {
        length.store(bytes, Relaxed);
        place.store(start.addr(), Release);
    }
}

/// Nobody looks at any of it again.
fn release() {
    for [place, length] in REGIONS.iter().take(REGION_COUNT.load(Relaxed)) {
        let (start, bytes) = (place.load(Acquire), length.load(Relaxed));
        if start != 0 {
            // SAFETY: reserved with this length.
            unsafe { system::release(start as *mut u8, bytes) };
        }
    }
}

/// Where all our address space lies.
pub(crate) fn regions() -> impl Iterator<Item = core::ops::Range<usize>> {
    let regions = REGIONS.iter().take(REGION_COUNT.load(Relaxed));
    let regions = regions.map(|[place, length]| {
        let start = place.load(Acquire);
        start..start + length.load(Relaxed)
    });
    regions.filter(|region| region.start != 0)
}

/// Memory that all our address space takes, asked of the system.
pub(crate) fn resident_bytes() -> u64 {
    regions().map(|region| resident_in(region.start, region.len())).sum()
}

pub(crate) fn resident_in(start: usize, bytes: usize) -> u64 {
    const STEP: usize = 1024;
    let mut flags = [0_u8; STEP];
    let mut pages = 0;
    for first in (0..bytes.div_ceil(system::PAGE)).step_by(STEP) {
        let count = STEP.min(bytes.div_ceil(system::PAGE) - first);
        if system::is_resident(start + first * system::PAGE, &mut flags[..count]) {
            pages += flags[..count].iter().filter(|&&flag| flag & 1 == 1).count();
        }
    }
    (pages * system::PAGE) as u64
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use core::sync::atomic::AtomicU32;

    #[test]
    fn only_what_is_written_takes_memory() {
        let table: MappedArray<AtomicU32, { 1 << 20 }> = MappedArray::new();
        assert!(table.get(0).is_none());
        assert!(table.reserve() && table.reserve());
        let start = table.start.load(Relaxed).addr();
        assert_eq!(resident_in(start, 4 << 20), 0);
        table.get(0).unwrap().store(1, Relaxed);
        table.get(5000).unwrap().store(1, Relaxed);
        table.get((1 << 20) - 1).unwrap().store(1, Relaxed);
        assert!(table.get(1 << 20).is_none());
        assert_eq!(resident_in(start, 4 << 20), 3 * 4096);
        table.wipe();
        assert_eq!((table.get(0).unwrap().load(Relaxed), resident_in(start, 4 << 20)), (0, 4096));
    }
}
