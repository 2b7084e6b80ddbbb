//! Blocks of all sizes and alignments, many at a time, each off its line once it is freed.

use std::alloc::{Layout, alloc, dealloc};
use std::hint::black_box;
use std::mem;

use exact::{bytes, outermost};
use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

const ODD: [usize; 10] = [1, 15, 17, 33, 8190, 8191, 8192, 65_535, 65_537, 100_000_003];

#[rustfmt::skip]
#[mem_profile] //= 1x
fn odd() -> [Vec<u8>; 10] {
    ODD.map(bytes) //= +100155714 ^100155714 10a 100155714b 1x 100155714p
}

/// The sum of 1 to 300 is 45,150.
#[rustfmt::skip]
#[mem_profile] //= 1x
fn each() -> Vec<Vec<u8>> {
    let mut all = Vec::with_capacity(300); //= +7200 ^7200 1a 7200b 1x 7200p 7200l
    for size in 1..=300 { //= 301x
        let spacer = bytes(size); //= +45150 ^300 300a 45150b 300x 300p
        all.push(bytes(size)); //= +45150 ^300 300a 45150b 300x 45150p 44850l
        if size < 300 { //= 300x
            drop(spacer); //= -44850 299x
        } else {
            let odd = odd(); //= +100155714 ^100155714 10a 100155714b 1x
            drop((odd, spacer, all.pop())); //= -100156314 1x
        } //= 1x
    } //= 300x
    all //= 1x
} //= 1x

#[rustfmt::skip]
#[mem_profile] //= 1x
fn aligned() {
    for bits in 0..12 { //= 13x
        let layout = Layout::from_size_align(100, 1 << bits).unwrap(); //= 12x
        // SAFETY: the layout is not empty.
        let block = black_box(unsafe { alloc(layout) }); //= +1200 ^100 12a 1200b 12x
        // SAFETY: made with this layout.
        unsafe { dealloc(block, layout) }; //= -1200 12x
        let zero = Vec::<u64>::with_capacity(0); //= 12x
        drop(zero); //= 12x
    } //= 12x
}

#[expect(dead_code, reason = "a list")]
struct Node(Option<Box<Node>>, [u8; 16]);

#[rustfmt::skip]
#[mem_profile] //= 1x
fn list() -> Option<Box<Node>> {
    let mut list = None; //= 1x
    for _ in 0..1000 { //= 1001x
        list = Some(Box::new(Node(list, [0; 16]))); //= +24000 ^24 1000a 24000b 1000x 24000p 24000l
    }
    list //= 1x
} //= 1x

fn main() {
    exact::program(|| {
        let list = outermost("list", list);
        outermost("aligned", aligned);
        let each = outermost("each", each);
        mem::forget((list, each));
    });
}
