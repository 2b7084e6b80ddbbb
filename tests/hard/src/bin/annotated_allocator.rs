//! An allocator whose own methods are annotated, inside the counting one.
#![allow(missing_docs)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::thread;

use mem_profile::mem_profile;

struct Annotated;

#[global_allocator]
static ALLOC: mem_profile::Alloc<Annotated> = mem_profile::Alloc::wrap(Annotated);

#[mem_profile]
// SAFETY: forwards everything.
unsafe impl GlobalAlloc for Annotated {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let block = {
            // SAFETY: the caller's promises are the system's requirements.
            unsafe { System.alloc(layout) }
        };
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as in `alloc`.
        unsafe { System.dealloc(block, layout) };
    }
}

#[mem_profile]
fn work() -> Vec<u8> {
    let kept = vec![1_u8; 1000];
    let scratch = std::hint::black_box(vec![2_u8; 300]);
    drop(scratch);
    kept
}

fn main() {
    let threads: Vec<_> = (0..8).map(|_| thread::spawn(work)).collect();
    let kept: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    println!("{}", kept.len() + work().len());
}
