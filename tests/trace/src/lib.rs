//! What the programs of this package share: an allocator that records every event, and work.

pub mod record;
pub mod work;

/// The first argument of the program.
///
/// # Panics
/// Without one.
#[must_use]
pub fn scene() -> String {
    std::env::args().nth(1).expect("the name of a scene")
}

/// One allocation of exactly `size` bytes that the optimiser cannot remove.
#[inline(never)]
#[must_use]
pub fn bytes(size: usize) -> Vec<u8> {
    std::hint::black_box(vec![0; size])
}
