//! Without the counting allocator: lines that run so rarely that each end is read.

#![allow(missing_docs)]

use exact::pages::{self, write};
use mem_profile::mem_profile;
use std::hint::black_box;

#[mem_profile]
fn few(memory: &mut [u8]) {
    for turn in 0..900 {
        write(memory, 4 * turn..4 * turn + 4); // 3600
        black_box(turn); // 0
        write(memory, 4000 + turn..4001 + turn); // 900
        black_box(turn); // 0
    }
}

fn main() {
    few(&mut pages::untouched());
}
