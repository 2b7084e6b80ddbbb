//! Where an allocator is wrapped, each byte of the process is on one path after each operation, whichever of the
//! allocators counts: `cargo test -p mem-profile-runtime --features live --test held`.
#![allow(missing_docs)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::env;
use std::hint::black_box;
use std::process::Command;

use mem_profile_format::layout::paths::UNATTRIBUTED;
use mem_profile_runtime::__private::{START, Table};
use mem_profile_runtime::{Alloc, internal, snapshot};

/// Puts a word before each block.
struct WithHeader<A>(A);

const HEADER: usize = 16;

fn with_header(layout: Layout) -> Layout {
    Layout::from_size_align(layout.size() + HEADER, HEADER).expect("a small block")
}

// SAFETY: each block is the rest of a larger one of an allocator that upholds the contract.
unsafe impl<A: GlobalAlloc> GlobalAlloc for WithHeader<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises.
        unsafe { self.0.alloc(with_header(layout)).add(HEADER) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: made by `alloc`.
        unsafe { self.0.dealloc(block.sub(HEADER), with_header(layout)) }
    }
}

#[global_allocator]
static ALLOC: Alloc = Alloc::new();

static FUNCTION: Table = Table(|| "held::work", "1 3 0 0 held.rs\nfn work() {\n    work\n}", START);

/// Makes, resizes and frees blocks of all sizes, on two lines.
fn work<A: GlobalAlloc>(allocator: &A) {
    let frame = FUNCTION.enter_line(1);
    let layout = |size| Layout::from_size_align(size, 8).expect("a small block");
    let mut blocks = Vec::new();
    for size in 1..200 {
        // SAFETY: the layout is not empty.
        blocks.push((size, black_box(unsafe { allocator.alloc(layout(size)) })));
        if size % 3 == 0 {
            frame.line(2);
            let (old, block) = blocks.swap_remove(size / 7 % blocks.len());
            // SAFETY: made by this allocator with this layout.
            let new = black_box(unsafe { allocator.realloc(block, layout(old), 400 - old) });
            blocks.push((400 - old, new));
            check();
        }
        if size % 5 == 0 {
            frame.line(1);
            let (size, block) = blocks.swap_remove(size / 5 % blocks.len());
            // SAFETY: as above.
            unsafe { allocator.dealloc(block, layout(size)) };
            check();
        }
    }
    assert!(held_by_lines() > 1000, "the blocks are on the lines of the function");
    // Seldom, since this looks at each granule of the heap.
    assert_eq!(held_by_lines(), in_map());
    for (size, block) in blocks.drain(..) {
        // SAFETY: as above.
        unsafe { allocator.dealloc(block, layout(size)) };
    }
    drop(blocks);
    assert_eq!(held_by_lines(), 0);
    check();
}

fn check() {
    let snapshot = snapshot();
    let paths = snapshot.paths.as_ref().expect("live blocks are recorded");
    // The snapshot itself is there already, and was not when it was made.
    assert_eq!(Some(paths.total().live), snapshot.process_bytes);
    assert_eq!(Some(paths.total().at_peak), snapshot.peak.map(|peak| peak.bytes));
}

/// The sizes in the map of all blocks that are on a line.
fn in_map() -> u64 {
    let blocks = internal::blocks_of_lines().filter(|block| block.site > UNATTRIBUTED);
    blocks.map(|block| block.size as u64).sum()
}

/// Bytes of blocks that no snapshot has made.
fn held_by_lines() -> u64 {
    let snapshot = snapshot();
    let paths = snapshot.paths.expect("live blocks are recorded");
    paths.all.iter().map(|path| path.own.live).sum()
}

fn main() {
    if env::var_os("MEM_PROFILE_LIVE").is_none() {
        let program = env::current_exe().expect("the path of this program");
        let mut command = Command::new(program);
        command.env("MEM_PROFILE_LIVE", "on").env("MEM_PROFILE_FORMAT", "none");
        assert!(command.status().expect("this program can be started").success());
        return;
    }
    work(&ALLOC);
    work(&Alloc::wrap(System));
    work(&Alloc::wrap(Alloc::wrap(System)));
    // The one inside counts.
    work(&Alloc::wrap(Alloc::new()));
    work(&Alloc::wrap(WithHeader(Alloc::new())));
    work(&Alloc::wrap(WithHeader(System)));
}
