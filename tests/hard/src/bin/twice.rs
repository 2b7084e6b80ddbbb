//! The counting allocator around itself, directly and through an allocator of the user's.
#![allow(missing_docs)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::thread;

use hard::look_at;
use mem_profile::{Alloc, mem_profile};

/// Counts live bytes independently, and forwards to another counting allocator.
struct Counting<A>(A);

static LIVE: AtomicI64 = AtomicI64::new(0);

// SAFETY: forwards everything.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Counting<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size() as i64, Relaxed);
        // SAFETY: the caller's promises are the inner allocator's requirements.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as i64, Relaxed);
        // SAFETY: as in `alloc`.
        unsafe { self.0.dealloc(block, layout) };
    }
}

#[global_allocator]
static ALLOC: Alloc<Alloc<Counting<Alloc>>> =
    Alloc::wrap(Alloc::wrap(Counting(Alloc::wrap(System))));

#[mem_profile]
fn work() -> Vec<u8> {
    let mut kept = vec![1_u8; 1000];
    kept.reserve_exact(4000);
    kept.shrink_to(2000);
    let scratch = black_box(vec![0_u8; 300]);
    drop(scratch);
    kept
}

/// Bytes of the process that the profiler does not count.
fn unknown() -> i64 {
    let snapshot = mem_profile::snapshot();
    let known = snapshot.process_bytes.expect("the heap is counted") as i64;
    drop(snapshot);
    LIVE.load(Relaxed) - known
}

fn main() {
    let kept = work();
    // The first snapshot may allocate memory that stays.
    look_at(&unknown());
    let before = unknown();
    for round in 0..20 {
        let threads: Vec<_> = (0..10).map(|_| thread::spawn(work)).collect();
        let kept: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        look_at(&(round, kept));
    }
    println!("{}", unknown() - before);
    look_at(&kept);
}
