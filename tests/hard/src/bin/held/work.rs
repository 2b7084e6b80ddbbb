//! The lines that hold blocks, and what a snapshot says of them.

use std::hint::black_box;

use mem_profile::{Snapshot, mem_profile, snapshot};

pub(crate) fn bytes(size: usize) -> Vec<u8> {
    black_box(vec![1; size])
}

#[mem_profile]
pub(crate) fn make(size: usize) -> Vec<u8> {
    bytes(size)
}

#[mem_profile]
pub(crate) fn make_elsewhere(size: usize) -> Vec<u8> {
    bytes(size)
}

#[mem_profile]
pub(crate) fn grow(block: &mut Vec<u8>, size: usize) {
    block.truncate(0);
    block.reserve_exact(size);
}

#[mem_profile]
pub(crate) fn shrink(block: &mut Vec<u8>, size: usize) {
    block.truncate(0);
    block.shrink_to(size);
}

#[mem_profile]
pub(crate) fn free(block: Vec<u8>) {
    drop(block);
}

pub(crate) const FUNCTIONS: [&str; 4] = ["make", "make_elsewhere", "grow", "shrink"];

/// Bytes at the peak, live, requested, and blocks requested by the lines of a function.
pub(crate) fn held(snapshot: &Snapshot, function: &str) -> [u64; 4] {
    let paths = snapshot.paths.as_ref().expect("live blocks are recorded");
    let name = |index: usize| snapshot.functions[index].name.rsplit("::").next();
    let own = paths.all.iter().filter(|path| name(path.function) == Some(function));
    own.fold([0; 4], |[at_peak, live, allocated, allocations], path| {
        let own = path.own;
        [
            at_peak + own.at_peak,
            live + own.live,
            allocated + own.allocated,
            allocations + own.allocations,
        ]
    })
}

/// Each byte is on one path, now and at the peak.
#[track_caller]
pub(crate) fn checked() -> Snapshot {
    let snapshot = snapshot();
    let total = snapshot.paths.as_ref().expect("live blocks are recorded").total();
    assert_eq!(Some(total.live), snapshot.process_bytes, "live");
    let peak = snapshot.peak.expect("live blocks come with a peak");
    assert!(total.at_peak.abs_diff(peak.bytes) <= peak.uncertainty, "{total:?} {peak:?}");
    snapshot
}
