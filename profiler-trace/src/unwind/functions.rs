//! Where functions begin, by the addresses that calls in them return to: a cache that only grows.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::modules::ADDRESS;
use crate::tables::mapped_array::{MappedArray, Zeroed};
use mem_profile_runtime::internal::Areas;

const PLACES: Areas<3> = Areas::new([8, 12, 16]);

/// An address, with the generation of the modules, and where its function begins.
struct Entry {
    address: AtomicU64,
    start: AtomicU64,
}

// SAFETY: zeroes are numbers.
unsafe impl Zeroed for Entry {}

static ENTRIES: MappedArray<Entry, { PLACES.length() }> = MappedArray::new();

pub(super) fn prepare() -> bool {
    ENTRIES.reserve()
}

/// Where the function begins whose code lies at `address`; the address where that is not known.
pub(crate) fn function_at(address: u64) -> u64 {
    #[cfg(target_os = "linux")]
    let start = super::entry::function(address as usize);
    #[cfg(not(target_os = "linux"))]
    let start = None;
    start.unwrap_or(address)
}

/// Where the function begins that is called from before `address`, which is on a stack now.
///
/// PERF: call-frame information is searched once for an address, and not for each frame of a path.
pub(super) fn calling(address: u64) -> u64 {
    let hash = address.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    for place in PLACES.places(hash as usize) {
        let Some(entry) = ENTRIES.get(place) else { break };
        match entry.address.compare_exchange(0, address, Relaxed, Relaxed) {
            // A thread that comes before it is there looks for itself.
            Err(found) if found == address => match entry.start.load(Relaxed) {
                0 => break,
                start => return start,
            },
            Err(_) => {}
            Ok(_) => {
                let start = find(address);
                entry.start.store(start, Relaxed);
                return start;
            }
        }
    }
    find(address)
}

fn find(address: u64) -> u64 {
    function_at((address & ADDRESS).wrapping_sub(1)) | address & !ADDRESS
}
