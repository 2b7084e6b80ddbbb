//! Without the counting allocator: lines that touch known numbers of pages.

#![allow(missing_docs)]

use mem_profile::mem_profile;
use std::ffi::c_int;
use std::hint::black_box;

const PAGE: usize = 4096;

/// Writes to each of the pages.
#[inline(never)]
fn write(memory: &mut [u8], pages: std::ops::Range<usize>) {
    for page in pages {
        black_box(&mut *memory)[page * PAGE] = 1;
    }
}

#[mem_profile]
fn touch(memory: &mut [u8], unit: usize) {
    write(memory, 0..unit); // 1
    write(memory, 100..100 + 64 * unit); // 64
    write(memory, 1000..1000 + 4096 * unit); // 4096
    write(memory, 1000..1000 + 4096 * unit); // 0
    for page in 0..1024 * unit {
        write(memory, 6000 + page..6001 + page); // 1024
    }
    let own = reserve(LARGE); // 0
    let own = black_box(fill(own, unit)); // 2048
    drop(own); // -2048
    black_box(unit);
}

/// So large that the C library always maps it, leaves it untouched, and gives it back.
const LARGE: usize = 64 << 20;

fn reserve(bytes: usize) -> Vec<u8> {
    Vec::with_capacity(bytes)
}

fn fill(mut memory: Vec<u8>, unit: usize) -> Vec<u8> {
    memory.resize(2048 * PAGE * unit, 1);
    memory
}

unsafe extern "C" {
    fn prctl(option: c_int, ...) -> c_int;
}

const PR_SET_THP_DISABLE: c_int = 41;

fn main() {
    // Huge pages would come 512 at a time.
    // SAFETY: this option takes four numbers and changes nothing but that.
    assert_eq!(unsafe { prctl(PR_SET_THP_DISABLE, 1_usize, 0_usize, 0_usize, 0_usize) }, 0);
    let mut memory = black_box(vec![0; LARGE]);
    // The code itself is in memory after this.
    touch(&mut memory, 0);
    mem_profile::reset();
    touch(&mut memory, 1);
}
