//! Blocks of all sizes around which something changes. `sizes FILE`.

use std::alloc::{Layout, alloc, alloc_zeroed, dealloc, realloc};
use std::path::Path;

use crate::{path, start};
use mem_profile::{graph, trace};
use mem_profile_graph::Image;

struct Planted {
    block: *mut u8,
    layout: Layout,
}

const SIZES: [usize; 12] = [1, 15, 16, 17, 24, 4096, 8190, 8191, 8192, 8193, 100_000, 1 << 20];

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).expect("a layout")
}

fn plant(size: usize, align: usize, is_zeroed: bool) -> Planted {
    let layout = layout(size, align);
    // SAFETY: no size is zero.
    let block = unsafe { if is_zeroed { alloc_zeroed(layout) } else { alloc(layout) } };
    assert!(!block.is_null(), "{size}");
    Planted { block, layout }
}

/// False where the allocator refuses.
fn resize(planted: &mut Planted, size: usize) -> bool {
    // SAFETY: the block has this layout, and no size is zero.
    let block = unsafe { realloc(planted.block, planted.layout, size) };
    if block.is_null() {
        return false;
    }
    *planted = Planted { block, layout: layout(size, planted.layout.align()) };
    true
}

/// Each is in the capture with its size, and all blocks add up to what is live.
fn check(path: &Path, planted: &[Planted]) {
    let (live, _) = trace::traced_memory();
    let count = trace::blocks().count() as u64;
    let captured = graph::capture(path).expect("a capture");
    assert_eq!((captured.bytes, captured.blocks), (live, count));
    let image = Image::open(path).expect("a capture");
    assert_eq!(image.blocks().map(|block| block.size).sum::<u64>(), live);
    for Planted { block, layout } in planted {
        let found = image.block_at(block.addr() as u64).and_then(|index| image.block(index));
        let found = found.map(|found| (found.start, found.size));
        assert_eq!(found, Some((block.addr() as u64, layout.size() as u64)), "{layout:?}");
    }
}

fn free(planted: Vec<Planted>) {
    for Planted { block, layout } in planted {
        // SAFETY: allocated with this layout.
        unsafe { dealloc(block, layout) };
    }
}

/// A long block that begins in the last granule of a leaf of the map, so that the words of its size are in the next
/// one: fillers push it there.
fn over_the_edge_of_a_leaf(planted: &mut Vec<Planted>) {
    const LEAF: usize = 64 << 20;
    // As glibc places blocks, one behind the other at the end of its heap.
    let behind = |start: usize, size: usize| start + (size + 8).next_multiple_of(16);
    for _ in 0..10_000 {
        let filler = plant(60_000, 16, false);
        let next = behind(filler.block.addr(), 60_000);
        planted.push(filler);
        let last_granule = next.next_multiple_of(LEAF) - 16;
        if (100..60_000).contains(&last_granule.wrapping_sub(next)) {
            planted.push(plant(last_granule - next - 8, 16, false));
            planted.push(plant(9000, 16, false));
            let found = planted.last().map(|planted| planted.block.addr());
            if found == Some(last_granule) {
                return;
            }
        }
    }
    panic!("no block begins at the edge of a leaf");
}

/// Some are only where the system's allocator places them.
pub fn main(is_system_s: bool) {
    start();
    let path = path();
    let mut planted = Vec::with_capacity(20_000);
    for size in SIZES {
        let kinds = [(1, false), (16, false), (16, true), (64, false), (4096, true)];
        planted.extend(kinds.map(|(align, is_zeroed)| plant(size, align, is_zeroed)));
    }
    // Address space that is not written, of more bytes than 32 bits have.
    planted.push(plant((5 << 30) + 7, 16, false));
    planted.push(plant((5 << 30) + 9, 16, true));
    if is_system_s {
        over_the_edge_of_a_leaf(&mut planted);
    }
    check(&path, &planted);
    for (from, to) in [(8190, 8191), (8191, 8190), (100, 9000), (9000, 100), (8191, 100_000)] {
        let mut block = plant(from, 16, false);
        assert!(resize(&mut block, to));
        planted.push(block);
    }
    for size in [100, 8191] {
        let mut block = plant(size, 16, false);
        assert!(!resize(&mut block, isize::MAX as usize - 100), "there is not that much");
        planted.push(block);
    }
    check(&path, &planted);
    free(planted);
    check(&path, &[]);
    println!("all right");
}
