//! How much of reserved memory is resident.
//!
//! Since Linux 6.7 the page map can be scanned. Where it cannot, `mincore` also counts pages that were only read, all of
//! which are one page of zeroes.

use std::ptr::NonNull;

use super::errno::ErrnoGuard;
use super::statm::page_bytes;

/// `PAGEMAP_SCAN`, of `<linux/fs.h>`.
const SCAN: u32 = 3 << 30 | (size_of::<Scan>() as u32) << 16 | (b'f' as u32) << 8 | 16;
const IS_PRESENT: u64 = 1 << 3;
const IS_OF_ZEROES: u64 = 1 << 5;

/// `struct pm_scan_arg`
#[derive(Default)]
#[repr(C)]
struct Scan {
    size: u64,
    flags: u64,
    start: u64,
    end: u64,
    /// Set to where the scan has ended.
    walk_end: u64,
    runs: u64,
    runs_length: u64,
    max_pages: u64,
    inverted: u64,
    mask: u64,
    any_of: u64,
    returned: u64,
}

const _: () = assert!(size_of::<Scan>() == 96);

/// `struct page_region`
#[derive(Clone, Copy, Default)]
#[repr(C)]
struct Run {
    start: u64,
    end: u64,
    states: u64,
}

/// Of a range of whole pages.
pub(super) fn resident_bytes(start: NonNull<u8>, bytes: usize) -> Option<usize> {
    if cfg!(miri) {
        return None;
    }
    let _errno = ErrnoGuard::new();
    scan(start, bytes).or_else(|| count_present(start, bytes))
}

fn scan(start: NonNull<u8>, bytes: usize) -> Option<usize> {
    let flags = libc::O_RDONLY | libc::O_CLOEXEC;
    // SAFETY: the path is a valid C string.
    let file = unsafe { libc::open(c"/proc/self/pagemap".as_ptr(), flags) };
    if file < 0 {
        return None;
    }
    let resident = scan_by(file, start.as_ptr().addr() as u64, bytes as u64);
    // SAFETY: the descriptor was just opened, and nobody else knows it.
    unsafe { libc::close(file) };
    resident
}

fn scan_by(file: i32, start: u64, bytes: u64) -> Option<usize> {
    let mut runs = [Run::default(); 64];
    let (mut at, end, mut resident) = (start, start + bytes, 0);
    while at < end {
        let mut scan = Scan {
            size: size_of::<Scan>() as u64,
            start: at,
            end,
            runs: runs.as_mut_ptr().addr() as u64,
            runs_length: runs.len() as u64,
            inverted: IS_OF_ZEROES,
            mask: IS_PRESENT | IS_OF_ZEROES,
            returned: IS_PRESENT,
            ..Scan::default()
        };
        // SAFETY: the system reads and writes `scan`, and writes at most as many runs as there are. It looks at no
        // memory in the range.
        let found = unsafe { libc::ioctl(file, SCAN as _, &mut scan) };
        let found = runs.get(..usize::try_from(found).ok()?)?;
        resident += found.iter().map(|run| run.end.saturating_sub(run.start)).sum::<u64>();
        if scan.walk_end <= at {
            return None;
        }
        at = scan.walk_end;
    }
    usize::try_from(resident.min(bytes)).ok()
}

fn count_present(start: NonNull<u8>, bytes: usize) -> Option<usize> {
    /// Pages that are asked for at once.
    const PAGES: usize = 1024;
    let page = page_bytes() as usize;
    let (mut states, mut present) = ([0_u8; PAGES], 0);
    for at in (0..bytes).step_by(PAGES * page) {
        let length = (bytes - at).min(PAGES * page);
        let part = start.as_ptr().wrapping_add(at).cast();
        // SAFETY: the system writes a byte for each page, of which there are no more than that.
        let status = unsafe { libc::mincore(part, length, states.as_mut_ptr()) };
        let found = states.get(..length.div_ceil(page)).filter(|_| status == 0)?;
        present += found.iter().filter(|&&state| state & 1 != 0).count();
    }
    Some((present * page).min(bytes))
}

#[cfg(all(test, not(miri)))]
mod tests {
    use super::super::{reserve, unmap};
    use super::*;

    const BYTES: usize = 16 << 20;

    #[test]
    fn pages_that_were_written_are_resident_and_those_that_were_read_are_not() {
        let start = reserve(BYTES).unwrap();
        let page = |index: usize| start.as_ptr().wrapping_add(index * page_bytes() as usize);
        let bytes = |pages| Some(pages * page_bytes() as usize);
        assert_eq!(resident_bytes(start, BYTES), Some(0));
        // More runs than are asked for at once, and a long one.
        let written = || (0..200).map(|index| 2 * index).chain(1000..1300);
        // SAFETY: each is in the region.
        written().for_each(|index| unsafe { page(index).write_volatile(1) });
        assert_eq!(count_present(start, BYTES), bytes(500));
        assert_eq!(resident_bytes(start, BYTES), bytes(500));
        // SAFETY: as above.
        (2000..2100).for_each(|index| _ = unsafe { page(index).read_volatile() });
        assert_eq!(count_present(start, BYTES), bytes(600));
        let is_known = scan(start, BYTES).is_some();
        assert_eq!(resident_bytes(start, BYTES), bytes(if is_known { 500 } else { 600 }));
        // SAFETY: nobody else knows it.
        unsafe { unmap(start, BYTES) };
        assert_eq!(count_present(start, BYTES), None, "it is not mapped");
    }
}
