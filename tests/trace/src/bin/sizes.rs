//! Each traced block is listed with the size that was asked for, and all of them are what is alive.

use std::alloc::{GlobalAlloc, Layout};
use std::hint::black_box;

use mem_profile::Alloc;
use mem_profile::trace::{self, Config};

#[global_allocator]
static ALLOC: Alloc = Alloc::new();
static WRAPPING: Alloc = Alloc::wrap(std::alloc::System);

/// Around the sizes that do not go into a block's own word, and one that is never written to.
const SIZES: [usize; 9] = [1, 15, 16, 17, 8190, 8191, 8192, 9000, 5 << 30];
/// None is aligned so far by chance.
const ALIGNMENT: usize = 4096;

/// The size by which the block is listed.
fn listed(block: *mut u8) -> Option<usize> {
    let (live, _) = trace::traced_memory();
    assert_eq!(trace::blocks().map(|(_, size)| size as u64).sum::<u64>(), live);
    trace::blocks().find(|&(address, _)| address == block.addr()).map(|(_, size)| size)
}

fn blocks_of_all_sizes(allocator: &Alloc) {
    for (size, align) in SIZES.into_iter().flat_map(|size| [(size, 8), (size, ALIGNMENT)]) {
        let layout = Layout::from_size_align(size, align).expect("a layout");
        // SAFETY: the layout is not empty, and each block is freed with it.
        unsafe {
            // Zeroes that are aligned are written.
            let is_zeroed = size < 1 << 30 || align < ALIGNMENT;
            let make = |zeroed| {
                if zeroed { allocator.alloc_zeroed(layout) } else { allocator.alloc(layout) }
            };
            for block in [false, is_zeroed].map(make) {
                assert_eq!(listed(black_box(block)), Some(size));
                allocator.dealloc(block, layout);
                assert_eq!(listed(block), None);
            }
        }
    }
}

fn reallocations(allocator: &Alloc) {
    for (from, to) in SIZES.into_iter().flat_map(|from| SIZES.map(|to| (from, to))) {
        let layout = |size| Layout::from_size_align(size, 8).expect("a layout");
        // SAFETY: the layout is not empty, and the block is freed with that of its last size.
        unsafe {
            let block = black_box(allocator.alloc(layout(from)));
            let too_large = isize::MAX as usize - 8;
            assert!(black_box(allocator.realloc(block, layout(from), too_large)).is_null());
            assert_eq!(listed(block), Some(from), "it stays as it was");
            let moved = black_box(allocator.realloc(block, layout(from), to));
            assert_eq!(listed(moved), Some(to));
            assert!(moved == block || listed(block).is_none());
            allocator.dealloc(moved, layout(to));
            assert_eq!(listed(moved), None);
        }
    }
}

fn main() {
    trace::start(Config::exact()).expect("it can be traced");
    for allocator in [&ALLOC, &WRAPPING] {
        blocks_of_all_sizes(allocator);
        reallocations(allocator);
    }
    println!("right");
}
