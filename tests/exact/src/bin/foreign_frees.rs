//! A thread frees blocks that another one has allocated and not published yet, so its own figure of the
//! bytes in use is negative.

use std::hint::black_box;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};

use exact::{bytes, outermost};
use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

/// Fewer bytes than a thread may leave unpublished, and more than are in use otherwise.
const COUNT: usize = 60_000;

static BLOCKS: [AtomicPtr<u8>; COUNT] = [const { AtomicPtr::new(ptr::null_mut()) }; COUNT];

#[mem_profile] //= 60000x
fn free(block: *mut u8) {
    // SAFETY: of a box, and given here once.
    drop(unsafe { Box::from_raw(block) }); //= -60000 60000x
}

#[mem_profile] //= 60000x
fn no_effect(value: usize) -> usize {
    value + 1 //= 60000x
}

#[rustfmt::skip]
#[mem_profile] //= 1x
fn work() {
    for block in &BLOCKS { //= 60001x
        let _ = (free(block.load(Relaxed)), no_effect(1)); //= -60000 60000x
    } //= 60000x
}

/// Runs where the other thread has freed what this one has not published yet.
#[mem_profile] //= 1x
fn afterwards() -> usize {
    let value = bytes(5); //= +5 ^5 1a 5b 1x
    value.len() //= 1x
} //= -5 1x last

fn main() {
    exact::program(|| {
        // Large enough that the thread publishes all that was in use before.
        let published = bytes(140_000);
        let new = || Box::into_raw(black_box(Box::new(1)));
        BLOCKS.iter().for_each(|block| block.store(new(), Relaxed));
        let thread = std::thread::spawn(|| {
            drop(published);
            work();
        });
        thread.join().unwrap();
        outermost("afterwards", afterwards);
    });
}
