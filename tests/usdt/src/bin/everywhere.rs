//! Allocates large blocks in threads, at their ends, in a signal handler, in a forked child and at the end, through two
//! allocators, each of which could say so. Waits for a line before.
#![allow(missing_docs)]

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error, realloc};
use std::hint::black_box;
use std::thread;

#[global_allocator]
static ALLOC: mem_profile::Alloc<mem_profile::Alloc> =
    mem_profile::Alloc::wrap(mem_profile::Alloc::new());

/// So long that each is sampled, but for one in 10^13.
const LAYOUT: Layout = match Layout::from_size_align(16 << 20, 16) {
    Ok(layout) => layout,
    Err(_) => panic!(),
};

const LONGER: Layout = match Layout::from_size_align(32 << 20, 16) {
    Ok(layout) => layout,
    Err(_) => panic!(),
};

fn make() -> *mut u8 {
    // SAFETY: the size is not zero.
    let block = black_box(unsafe { alloc(LAYOUT) });
    if block.is_null() {
        handle_alloc_error(LAYOUT);
    }
    block
}

fn free(block: *mut u8) {
    // SAFETY: `make` made it.
    unsafe { dealloc(block, LAYOUT) };
}

/// Ten blocks, each of which is reallocated: with its own size, and with the size of `LAYOUT`.
fn work() {
    for _ in 0..10 {
        let block = make();
        // SAFETY: `make` made it, and after the last reallocation `free` takes one of this size.
        free(unsafe {
            let block = black_box(realloc(block, LAYOUT, LAYOUT.size()));
            let block = black_box(realloc(block, LAYOUT, 2 * LAYOUT.size()));
            black_box(realloc(block, LONGER, LAYOUT.size()))
        });
    }
}

struct AtEnd;

impl Drop for AtEnd {
    fn drop(&mut self) {
        work();
    }
}

thread_local! {
    static AT_END: AtEnd = const { AtEnd };
}

extern "C" fn handle(_: i32) {
    work();
}

extern "C" fn exit() {
    work();
}

fn main() {
    let mut byte = 0_u8;
    // SAFETY: the byte is writable, and the functions are ready for what they are called for.
    unsafe {
        assert_eq!(libc::read(0, (&raw mut byte).cast(), 1), 1);
        assert_eq!(libc::atexit(exit), 0);
        libc::signal(libc::SIGUSR1, handle as *const () as libc::sighandler_t);
    }
    let thread = || AT_END.with(|_| work());
    thread::scope(|scope| (0..4).for_each(|_| _ = scope.spawn(thread)));
    // SAFETY: no lock is held.
    assert_eq!(unsafe { libc::raise(libc::SIGUSR1) }, 0);
    let block = make();
    // SAFETY: there is no other thread.
    match unsafe { libc::fork() } {
        0 => {
            work();
            free(block);
            // SAFETY: it ends here.
            unsafe { libc::_exit(0) };
        }
        child => {
            let mut status = 0;
            // SAFETY: `status` is writable.
            assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
            assert_eq!(status, 0, "the child has failed");
        }
    }
    free(block);
}
