//! A block that is reallocated belongs to the line that does so, whichever line has made it, and in whatever
//! direction it changes.

use std::alloc::{Layout, alloc_zeroed, dealloc, realloc};
use std::hint::black_box;
use std::mem;

use exact::{bytes, outermost};
use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

#[mem_profile] //= 2x
fn begins(size: usize) -> Vec<u8> {
    Vec::with_capacity(size) //= +200000 ^100000 2a 200000b 2x 0p 0l
}

#[rustfmt::skip]
#[mem_profile] //= 1x
fn grows(block: &mut Vec<u8>) {
    block.reserve_exact(200_000); //= +100000 ^100000 100000b 1x 0p
    block.reserve_exact(400_000); //= +200000 ^200000 200000b 1x 400000p
}

#[rustfmt::skip]
#[mem_profile] //= 1x
fn shrinks(block: &mut Vec<u8>) {
    block.shrink_to(300_000); //= -100000 1x 0p
    block.shrink_to(50_000); //= -250000 1x
    block.reserve_exact(60_000); //= +10000 ^10000 10000b 1x
    block.shrink_to(51_000); //= -9000 1x 51000l
}

/// One line after the other, and then the same one.
#[rustfmt::skip]
#[mem_profile] //= 1x
fn changes_hands(block: &mut Vec<u8>) {
    for turn in 1..=4 { //= 5x
        block.reserve_exact(100_000 + turn * 1000); //= +238000 ^79000 238000b 4x 0p
        if turn < 4 { //= 4x
            block.shrink_to(22_000 + turn * 1000); //= -234000 3x 0p
        }
    }
    for turn in 0..3 { //= 4x
        block.reserve_exact(110_000 + turn * 1000); //= +8000 ^6000 8000b 3x 112000p 112000l
    }
}

/// As many bytes as before, and a size of which the allocator makes another block.
#[rustfmt::skip]
#[mem_profile] //= 1x
fn aligned() -> usize {
    let layout = Layout::from_size_align(3000, 256).unwrap(); //= 1x
    // SAFETY: the layout is not empty.
    let block = black_box(unsafe { alloc_zeroed(layout) }); //= +3000 ^3000 1a 3000b 1x 0p
    // SAFETY: made with this layout.
    let same = black_box(unsafe { realloc(block, layout, 3000) }); //= 1x 0p
    // SAFETY: as above.
    let block = black_box(unsafe { realloc(same, layout, 9000) }); //= +6000 ^6000 6000b 1x 9000p
    let more = bytes(300_000); //= +300000 ^300000 1a 300000b 1x 300000p
    drop(more); //= -300000 1x
    let layout = Layout::from_size_align(9000, 256).unwrap(); //= 1x
    // SAFETY: made with this alignment, and of this size by now.
    unsafe { dealloc(block, layout) }; //= -9000 1x
    layout.size() //= 1x
} //= 1x

fn main() {
    exact::program(|| {
        let mut small = begins(100_000);
        outermost("changes_hands", || changes_hands(&mut small));
        let mut block = begins(100_000);
        outermost("grows", || grows(&mut block));
        outermost("aligned", aligned);
        outermost("shrinks", || shrinks(&mut block));
        mem::forget((small, block));
    });
}
