//! A block that one thread makes and another one frees is on the line that has made it, until then.

use std::mem;
use std::thread::spawn;

use exact::bytes;
use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

#[mem_profile] //= 3x
fn make(size: usize) -> Vec<u8> {
    bytes(size) //= +1100000 ^500000 3a 1100000b 3x 1000000p 100000l
}

#[mem_profile] //= 2x
fn free(block: Vec<u8>) {
    drop(block); //= -1000000 2x
}

fn main() {
    exact::program(|| {
        let blocks = [1, 2].map(|_| spawn(|| make(500_000)).join().unwrap());
        // The first one frees what it has not made, and the second one what it has.
        let _ = blocks.map(|block| spawn(move || free(block)).join().unwrap());
        mem::forget(spawn(|| make(100_000)).join().unwrap());
    });
}
