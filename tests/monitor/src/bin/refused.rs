//! Asks an allocator of its own for a block that it refuses. The mark about that allocates nothing.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use monitored::MIB;

/// Refuses blocks of 100 MiB and more, and counts what each thread asks for.
struct Refusing;

thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: all calls go to the system's allocator as they came, or return null.
unsafe impl GlobalAlloc for Refusing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.set(CALLS.get() + 1);
        if layout.size() >= 100 * MIB {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOC: mem_profile::Alloc<Refusing> = mem_profile::Alloc::wrap(Refusing);

fn main() {
    if std::env::var_os("MEM_PROFILE_LIVE").is_none() {
        mem_profile::trace::start(mem_profile::trace::Config::exact()).expect("the tracer starts");
    }
    asks();
}

#[mem_profile::mem_profile]
fn asks() {
    let held = vec![1_u8; 32 * MIB]; // holds
    let before = CALLS.get();
    let is_refused = Vec::<u8>::new().try_reserve_exact(100 * MIB).is_err(); // asks
    assert!(is_refused);
    assert_eq!(CALLS.get() - before, 1, "the block alone");
    drop(held);
    println!("ready");
    std::process::abort()
}
