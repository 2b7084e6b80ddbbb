//! The peak is inside of a line, while others hold blocks: of closures, of tasks, and of code without the attribute.
//! An equal peak later on changes nothing.

use std::mem;

use exact::{block_on, bytes, outermost, pause};
use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

#[rustfmt::skip]
#[mem_profile] //= 1x
fn closure() -> Vec<u8> {
    let make = |size: usize| { //= 1x
        bytes(size) //= +40000 ^40000 1a 40000b 1x 40000p 40000l
    };
    make(40_000) //= ^40000 1x
} //= 1x

#[rustfmt::skip]
#[mem_profile] //= 1x
async fn task() -> Vec<u8> {
    let kept = bytes(20_000); //= +20000 ^20000 1a 20000b 1x 20000p 20000l
    pause().await; //= 1x
    kept //= 1x
} //= 1x

#[mem_profile] //= 1x
fn rises_and_falls() -> usize {
    let first = bytes(900_000).len(); //= ^900000 1a 900000b 1x 900000p
    let second = bytes(900_000).len(); //= ^900000 1a 900000b 1x
    first + second //= 1x
} //= 1x

fn main() {
    exact::program(|| {
        let outside = bytes(10_000);
        let of_closure = outermost("closure", closure);
        let of_task = outermost("task", || block_on(task()));
        outermost("rises_and_falls", rises_and_falls);
        mem::forget((outside, of_closure, of_task));
    });
}
