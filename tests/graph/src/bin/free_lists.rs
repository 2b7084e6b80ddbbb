//! Plants blocks that words of the C library lead to, and captures them. `free_lists FILE` prints how each is held.

use std::hint::black_box;
use std::mem::{forget, take};
use std::thread;

use captured::{Class, Classes, Hidden, deep, path, start};
use mem_profile::graph;
use mem_profile_graph::{HeapGraph, Image};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

/// Lost blocks, each before a free chunk that is alone in its list: each chunk has a size of its own.
fn before_free_memory() -> Vec<Hidden> {
    let lost = (600..1000).step_by(16).filter_map(|size| {
        // Of this size, a block needs all of its chunk: behind it lies the size of the next one.
        assert_eq!(size % 16, 8);
        let mut blocks: [_; 40] = std::array::from_fn(|_| vec![1_u8; size]);
        let cached: [_; 7] = std::array::from_fn(|_| vec![2_u8; size]);
        let distance = |one: &Vec<u8>, other: &Vec<u8>| {
            other.as_ptr().addr().wrapping_sub(one.as_ptr().addr())
        };
        let is_row =
            |blocks: &[Vec<u8>]| blocks.windows(2).all(|it| distance(&it[0], &it[1]) == size + 8);
        let place = blocks.windows(3).position(is_row)?;
        let lost = Hidden::of(blocks[place].as_ptr());
        // The thread's own cache takes the first ones.
        drop(cached);
        drop(take(&mut blocks[place + 1]));
        forget(blocks);
        Some(lost)
    });
    let lost = lost.collect();
    // SAFETY: any size may be allocated and freed. It is too long for the cache, so free chunks are sorted.
    unsafe { libc::free(black_box(libc::malloc(3000))) };
    lost
}

/// A lost block that is the last of its heap.
fn before_the_rest() -> Hidden {
    let lost = Hidden::of(Box::leak(Box::new([2_u8; 20_008])).as_ptr());
    black_box(lost)
}

/// A buffer that the C library's standard output holds alone.
fn held_by_a_stream() -> Hidden {
    unsafe extern "C" {
        static stdout: *mut libc::FILE;
    }
    let buffer = Box::leak(Box::new([0_u8; 4096]));
    let held = Hidden::of(buffer.as_ptr());
    // SAFETY: nothing was written to it yet, and the buffer lives as long as the program.
    let set = unsafe { libc::setvbuf(stdout, buffer.as_mut_ptr().cast(), libc::_IOFBF, 4096) };
    assert_eq!(set, 0);
    held
}

fn main() {
    start();
    let stream = deep(8, &mut held_by_a_stream);
    // In an arena of its own.
    let other = thread::spawn(|| deep(8, &mut before_the_rest)).join().expect("it ends");
    let lost = deep(8, &mut before_free_memory);
    assert!(lost.len() > 10, "{lost:?}");
    graph::capture(path()).expect("it can be captured");
    let image = Image::open(path()).expect("a capture");
    let classes = Classes::of(&image);
    let graph = HeapGraph::load(path()).expect("a capture");
    let lost = lost.into_iter().map(|block| ("before free memory", block));
    for (what, block) in lost.chain([("in another arena", other), ("by a stream", stream)]) {
        let way = graph.why_alive(block.address() as u64).expect("a block").to_string();
        let class: Option<Class> = classes.get(&image, block);
        println!("{what}: {class:?}, {}", way.split(" → ").next().unwrap_or_default());
    }
}
