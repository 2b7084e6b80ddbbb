//! Shared by the programs of this package: an allocator that records every event, and work.

pub mod bump;
pub mod coroutines;
pub mod record;
pub mod recursive;
pub mod work;

use mem_profile::trace::{By, Filter, Snapshot};

/// The first argument of the program.
///
/// # Panics
/// Without one.
#[must_use]
pub fn scene() -> String {
    std::env::args().nth(1).expect("the name of a scene")
}

/// Bytes and blocks alive of stacks with a function of this name.
#[must_use]
pub fn held(snapshot: &Snapshot, function: &str) -> (i64, i64) {
    let filter = Filter::new().include_function(&format!("*{function}*")).all_frames();
    let found = snapshot.filter(&filter).statistics(By::Crate);
    (found.iter().map(|one| one.size).sum(), found.iter().map(|one| one.count).sum())
}

/// One allocation of exactly `size` bytes that the optimiser cannot remove.
#[inline(never)]
#[must_use]
pub fn bytes(size: usize) -> Vec<u8> {
    std::hint::black_box(vec![0; size])
}
