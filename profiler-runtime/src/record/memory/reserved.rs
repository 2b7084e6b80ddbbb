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

/// Reserved memory.
#[derive(Debug)]
#[repr(C)]
struct Region {
    /// Zero until it is there.
    start: AtomicUsize,
    length: AtomicUsize,
    /// Bytes of it that were resident when they were counted last. They never become fewer.
    resident: AtomicUsize,
}

/// All of it. Further regions work, but stay when a library is unloaded.
#[derive(Debug)]
#[repr(C)]
struct Regions {
    count: AtomicUsize,
    all: [Region; regions::MOST],
}

static REGIONS: Regions =
    Regions { count: AtomicUsize::new(0), all: [const { Region::none() }; regions::MOST] };

// The numbers by which they are read from outside of the process.
#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(offset_of!(Regions, count) == regions::COUNT);
    assert!(offset_of!(Regions, all) == regions::FIRST);
    assert!(offset_of!(Region, start) == regions::START);
    assert!(offset_of!(Region, length) == regions::LENGTH);
    assert!(size_of::<Region>() == regions::EACH);
};

/// Zeroes that take room where they are written; `None` when there is no address space left.
pub(crate) fn reserve(bytes: usize) -> Option<NonNull<u8>> {
    let start = process::reserve(bytes)?;
    process::on_unload(release);
    if let Some(region) = REGIONS.all.get(REGIONS.count.fetch_add(1, Relaxed)) {
        region.length.store(bytes, Relaxed);
        region.start.store(start.addr().get(), Release);
    }
    Some(start)
}

/// The reserved memory.
pub(crate) fn regions() -> impl Iterator<Item = Range<usize>> {
    all().iter().filter_map(Region::range)
}

fn all() -> &'static [Region] {
    REGIONS.all.get(..REGIONS.count.load(Relaxed)).unwrap_or(&REGIONS.all)
}

/// Bytes of it that are resident. Unless `is_exact`, only one region that was not full is counted again, so the
/// others may have grown since their turn.
///
/// PERF: 16 MiB, which are the map of 64 MiB, take 2 to 47 µs; full ones take no time.
pub(crate) fn resident_bytes(is_exact: bool) -> usize {
    static TURN: AtomicUsize = AtomicUsize::new(0);
    let (regions, turn) = (all(), TURN.load(Relaxed));
    let is_growing = |index: &usize| regions.get(*index).is_some_and(Region::is_growing);
    let due = (turn..regions.len()).chain(0..regions.len()).find(is_growing);
    TURN.store(due.map_or(0, |due| due + 1), Relaxed);
    let bytes =
        |(index, region): (usize, &Region)| region.resident_bytes(is_exact || Some(index) == due);
    regions.iter().enumerate().map(bytes).sum()
}

impl Region {
    const fn none() -> Self {
        Self {
            start: AtomicUsize::new(0),
            length: AtomicUsize::new(0),
            resident: AtomicUsize::new(0),
        }
    }

    fn range(&self) -> Option<Range<usize>> {
        let start = self.start.load(Acquire);
        (start != 0).then(|| start..start + self.length.load(Relaxed))
    }

    fn is_growing(&self) -> bool {
        self.resident.load(Relaxed) < self.length.load(Relaxed)
    }

    fn resident_bytes(&self, is_due: bool) -> usize {
        let known = self.resident.load(Relaxed);
        // A new one is always counted, else nothing would be known of it.
        if let Some(range) = self.range().filter(|_| known == 0 || is_due && self.is_growing())
            && let Some(start) = NonNull::new(range.start as *mut u8)
            && let Some(bytes) = process::resident_bytes(start, range.len())
        {
            self.resident.store(bytes, Relaxed);
            return bytes;
        }
        known
    }
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

#[cfg(all(test, target_os = "linux", not(miri)))]
mod tests {
    use super::*;

    const PAGES: usize = 4096;

    fn touch(start: NonNull<u8>, pages: impl Iterator<Item = usize>) {
        // SAFETY: each is a page of the region.
        pages.for_each(|page| unsafe { start.add(page * 4096).write_volatile(1) });
    }

    #[test]
    fn resident_pages_are_counted_when_it_is_a_regions_turn() -> Result<(), &'static str> {
        let region = Region::none();
        assert_eq!(region.resident_bytes(true), 0, "it is not there yet");
        let start = process::reserve(PAGES * 4096).ok_or("memory is out")?;
        region.length.store(PAGES * 4096, Relaxed);
        region.start.store(start.addr().get(), Relaxed);
        assert_eq!(region.resident_bytes(false), 0);
        touch(start, [0, 7, 4095].into_iter());
        assert_eq!(region.resident_bytes(false), 3 * 4096, "nothing was known of it");
        touch(start, 1000..1010);
        assert_eq!(region.resident_bytes(false), 3 * 4096);
        assert_eq!(region.resident_bytes(true), 13 * 4096);
        assert!(region.is_growing());
        touch(start, 0..PAGES);
        assert_eq!(region.resident_bytes(true), PAGES * 4096);
        assert!(!region.is_growing());
        // SAFETY: nobody else knows it.
        unsafe { process::unmap(start, PAGES * 4096) };
        Ok(())
    }
}
