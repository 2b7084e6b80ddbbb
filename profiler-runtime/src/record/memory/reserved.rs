//! Address space for tables: reserved once, taken page by page as it is written, never moved.

#[cfg(target_pointer_width = "64")]
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

/// Bytes of it that are resident. Unless `is_exact`, regions are counted again in turns, so some may have grown since
/// theirs.
///
/// PERF: in turns, 20 to 35 µs with the map of 1 GiB in 4 million blocks (median of 1,001).
pub(crate) fn resident_bytes(is_exact: bool) -> usize {
    static TURN: AtomicUsize = AtomicUsize::new(0);
    let turn = count_from(TURN.load(Relaxed), all(), is_exact);
    TURN.store(turn, Relaxed);
    all().iter().map(Region::known).sum()
}

/// Counts some regions, this one first, and returns whose turn it is next.
fn count_from(turn: usize, regions: &[Region], is_exact: bool) -> usize {
    /// In nanoseconds, for regions behind the first.
    const BUDGET: usize = 25_000;
    let (mut spent, mut next) = (0, None);
    for step in 0..regions.len() {
        let index = (turn + step) % regions.len();
        let Some(region) = regions.get(index) else { continue };
        let is_growing = region.is_growing(is_exact);
        if is_growing && !is_exact && spent > 0 && spent + region.nanoseconds() > BUDGET {
            next = next.or(Some(index));
        }
        // Of a new one nothing is known.
        if region.known() == 0 || is_growing && next.is_none() {
            spent += region.nanoseconds();
            region.count();
        }
    }
    next.unwrap_or(turn)
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

    fn known(&self) -> usize {
        self.resident.load(Relaxed)
    }

    /// Whether more of it may be resident by now; for some time, a sixteenth more does not count.
    fn is_growing(&self, is_exact: bool) -> bool {
        let length = self.length.load(Relaxed);
        self.known() < if is_exact { length } else { length - length / 16 }
    }

    /// About how long counting takes.
    ///
    /// PERF: 16 MiB, the map of 64 MiB, take 4 µs with few pages, 26 with every second one, 47 with all.
    fn nanoseconds(&self) -> usize {
        4_000 + self.known() / 4096 * 11
    }

    fn count(&self) {
        if let Some(range) = self.range()
            && let Some(start) = NonNull::new(range.start as *mut u8)
            && let Some(bytes) = process::resident_bytes(start, range.len())
        {
            self.resident.store(bytes, Relaxed);
        }
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

    fn touch(start: NonNull<u8>, pages: Range<usize>) {
        // SAFETY: each is a page of the region.
        pages.for_each(|page| unsafe { start.add(page * 4096).write_volatile(1) });
    }

    #[test]
    fn a_region_grows_until_it_is_full() -> Result<(), &'static str> {
        let region = Region::none();
        region.count();
        assert_eq!(region.known(), 0, "it is not there yet");
        let start = process::reserve(PAGES * 4096).ok_or("memory is out")?;
        region.length.store(PAGES * 4096, Relaxed);
        region.start.store(start.addr().get(), Relaxed);
        let count = |pages| {
            touch(start, pages);
            region.count();
            (region.known() / 4096, [false, true].map(|is_exact| region.is_growing(is_exact)))
        };
        assert_eq!(count(0..0), (0, [true, true]));
        assert_eq!(count(1000..1010), (10, [true, true]));
        assert_eq!(count(0..PAGES / 16 * 15 - 1), (3839, [true, true]));
        assert_eq!(count(0..PAGES / 16 * 15), (3840, [false, true]));
        assert_eq!(count(0..PAGES), (4096, [false, false]));
        // SAFETY: nobody else knows it.
        unsafe { process::unmap(start, PAGES * 4096) };
        Ok(())
    }

    #[test]
    fn each_region_has_its_turn_however_long_it_takes() -> Result<(), &'static str> {
        let regions = [const { Region::none() }; 4];
        for region in &regions {
            let start = process::reserve(PAGES * 4096).ok_or("memory is out")?;
            region.length.store(PAGES * 4096, Relaxed);
            region.start.store(start.addr().get(), Relaxed);
        }
        let touch_all = |pages: [usize; 4]| -> Result<(), &'static str> {
            for (region, pages) in regions.iter().zip(pages) {
                let start = NonNull::new(region.start.load(Relaxed) as *mut u8).ok_or("none")?;
                touch(start, 0..pages);
            }
            Ok(())
        };
        let known = || regions.each_ref().map(|region| region.known() / 4096);
        touch_all([1, 2500, 1, 2500])?;
        assert_eq!(count_from(0, &regions, false), 0, "new ones are all counted");
        assert_eq!(known(), [1, 2500, 1, 2500]);
        touch_all([2, 2600, 2, 2600])?;
        assert_eq!(count_from(0, &regions, false), 1, "it would take too long");
        assert_eq!(known(), [2, 2500, 1, 2500]);
        assert_eq!(count_from(1, &regions, false), 2);
        assert_eq!(known(), [2, 2600, 1, 2500]);
        assert_eq!(count_from(2, &regions, false), 3);
        assert_eq!(count_from(3, &regions, false), 0);
        assert_eq!(known(), [2, 2600, 2, 2600]);
        touch_all([3, 2700, 3, 2700])?;
        assert_eq!(count_from(2, &regions, true), 2);
        assert_eq!(known(), [3, 2700, 3, 2700]);
        // SAFETY: nobody else knows them.
        regions
            .iter()
            .filter_map(|region| NonNull::new(region.start.load(Relaxed) as *mut u8))
            .for_each(|start| unsafe {
                process::unmap(start, PAGES * 4096);
            });
        Ok(())
    }
}
