//! Shared by the programs of this package.
#![allow(missing_docs)]

pub const MIB: usize = 1 << 20;

/// Memory of which each page is touched.
pub fn touched(bytes: usize) -> Vec<u8> {
    std::hint::black_box(vec![1; bytes])
}
