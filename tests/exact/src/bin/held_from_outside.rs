//! Blocks from before live blocks are recorded, and from outside of measured functions, are on no line, until a line
//! reallocates them. What a line has made leaves it where something outside frees or reallocates it.

use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};

use exact::{bytes, outermost};
use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

const EARLY: usize = 123_456;
static EARLY_BLOCK: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());

/// Comes before everything that has no number.
#[used]
#[cfg_attr(target_os = "linux", unsafe(link_section = ".init_array.00101"))]
static BEFORE_ALL: extern "C" fn() = allocates_early;

extern "C" fn allocates_early() {
    EARLY_BLOCK.store(mem::ManuallyDrop::new(bytes(EARLY)).as_mut_ptr(), Relaxed);
}

/// The block from before everything.
fn early() -> Vec<u8> {
    match EARLY_BLOCK.load(Relaxed) {
        none if none.is_null() => bytes(EARLY),
        // SAFETY: made by a vector of this length and capacity, and taken once.
        block => unsafe { Vec::from_raw_parts(block, EARLY, EARLY) },
    }
}

#[rustfmt::skip]
#[mem_profile] //= 1x
fn takes(early: Vec<u8>, outside: Vec<u8>, kept: &mut Vec<u8>) -> usize {
    let own = bytes(10_000); //= +10000 ^10000 1a 10000b 1x 10000p
    drop(early); //= -123456 1x
    drop(outside); //= -200000 1x
    kept.shrink_to_fit(); //= -50000 1x
    kept.reserve_exact(600_000); //= +600000 ^600000 600000b 1x 650000p
    own.len() //= 1x
} //= -10000 1x

#[rustfmt::skip]
#[mem_profile] //= 1x
fn gives() -> [Vec<u8>; 3] {
    let freed = bytes(40_000); //= +40000 ^40000 1a 40000b 1x 40000p
    let grown = bytes(50_000); //= +50000 ^50000 1a 50000b 1x 50000p
    let stays = bytes(60_000); //= +60000 ^60000 1a 60000b 1x 60000p 60000l
    [freed, grown, stays] //= 1x
} //= 1x

fn main() {
    exact::program(|| {
        let early = early();
        let outside = bytes(200_000);
        let mut kept = bytes(100_000);
        kept.truncate(50_000);
        let [freed, mut grown, stays] = outermost("gives", gives);
        outermost("takes", || takes(early, outside, &mut kept));
        drop(freed);
        grown.reserve_exact(1000);
        kept.shrink_to_fit();
        mem::forget((grown, stays, kept));
    });
}
