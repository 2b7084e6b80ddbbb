//! One line after the other.

use exact::{bytes, outermost};
use mem_profile::mem_profile;
use std::hint::black_box;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

#[mem_profile] //= 1x
fn straight() -> Vec<u8> {
    let kept = bytes(1000); //= +1000 ^1000 1a 1000b 1x
    let dropped = bytes(300); //= +300 ^300 1a 300b 1x
    let number = 7; //= 1x
    drop(dropped); //= -300 1x
    black_box(number); //= 1x
    let moved = kept; //= 1x
    moved //= 1x
} //= 1x last

#[mem_profile] //= 1x
fn temporaries() -> usize {
    let length = bytes(500).len(); //= ^500 1a 500b 1x
    let both = bytes(200).len() + bytes(50).len(); //= ^250 2a 250b 1x
    drop(bytes(64)); //= ^64 1a 64b 1x
    let _ = bytes(33); //= ^33 1a 33b 1x
    let _unused = bytes(44); //= +44 ^44 1a 44b 1x
    length + both //= 1x
} //= -44 1x last

#[mem_profile] //= 1x
fn nothing() {}

#[mem_profile] //= 3x
fn assigned(size: usize) {
    let mut value = bytes(size); //= +60 ^30 3a 60b 3x
    black_box(&value); //= 3x
    // The new value is made before the old one is dropped.
    value = bytes(2 * size); //= +60 ^60 3a 120b 3x
    black_box(&value); //= 3x
} //= -120 3x

fn main() {
    exact::program(|| {
        drop(outermost("straight", straight));
        outermost("temporaries", temporaries);
        outermost("nothing", nothing);
        for size in [10, 20, 30] {
            outermost("assigned", || assigned(size));
        }
    });
}
