//! Says what it allocates and frees, for a test that compares it with what a listener hears. Goes on with each line
//! that it reads.
#![allow(missing_docs)]

use std::alloc::{Layout, alloc, alloc_zeroed, dealloc, realloc};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

/// What was done, by the addresses and sizes of blocks.
#[derive(Clone, Copy)]
enum Step {
    Made(usize, usize),
    Freed(usize),
}

struct Program {
    steps: Vec<Step>,
    blocks: Vec<(*mut u8, Layout)>,
    random: fastrand::Rng,
    number: usize,
}

impl Program {
    /// Of each scale from 1 to 256 KiB as many, and no size twice in a thousand steps.
    fn layout(&mut self, align: usize) -> Layout {
        self.number += 1;
        let size = (1024_usize << self.random.u32(0..9)) + self.number % 1024;
        Layout::from_size_align(size, align).expect("a valid size")
    }

    fn make(&mut self) {
        let align = 1 << self.random.u32(0..8);
        let layout = self.layout(align);
        // SAFETY: the size is not zero.
        let block =
            unsafe { if self.random.bool() { alloc(layout) } else { alloc_zeroed(layout) } };
        assert!(!block.is_null());
        self.steps.push(Step::Made(block.addr(), layout.size()));
        self.blocks.push((block, layout));
    }

    fn resize(&mut self) {
        let index = self.random.usize(0..self.blocks.len());
        let (block, old) = self.blocks[index];
        let layout = self.layout(old.align());
        // SAFETY: the block is from this allocator, with this layout.
        let new = unsafe { realloc(block, old, layout.size()) };
        assert!(!new.is_null());
        self.steps.push(Step::Freed(block.addr()));
        self.steps.push(Step::Made(new.addr(), layout.size()));
        self.blocks[index] = (new, layout);
    }

    fn resize_in_vain(&mut self) {
        let (block, layout) = self.blocks[self.random.usize(0..self.blocks.len())];
        // SAFETY: as in `resize`.
        let new = unsafe { realloc(block, layout, isize::MAX as usize - 4096) };
        assert!(new.is_null());
        self.steps.push(Step::Freed(block.addr()));
        self.steps.push(Step::Made(block.addr(), layout.size()));
    }

    fn free(&mut self) {
        let index = self.random.usize(0..self.blocks.len());
        let (block, layout) = self.blocks.swap_remove(index);
        self.steps.push(Step::Freed(block.addr()));
        // SAFETY: the block is from this allocator, with this layout.
        unsafe { dealloc(block, layout) };
    }

    fn run(&mut self, turns: usize) {
        for _ in 0..turns {
            match self.random.u32(0..8) {
                0..3 => self.make(),
                _ if self.blocks.is_empty() => {}
                3 if self.random.u32(0..50) == 0 => self.resize_in_vain(),
                3 | 4 => self.resize(),
                _ => self.free(),
            }
        }
    }

    fn free_all(&mut self) {
        while !self.blocks.is_empty() {
            self.free();
        }
    }

    /// Says what was done, and waits.
    fn say(&mut self) {
        for step in self.steps.drain(..) {
            match step {
                Step::Made(block, size) => println!("+ {block} {size}"),
                Step::Freed(block) => println!("- {block}"),
            }
        }
        println!("done");
        wait();
    }
}

/// Without allocating.
fn wait() {
    let mut byte = 0_u8;
    // SAFETY: the byte is writable.
    assert_eq!(unsafe { libc::read(0, (&raw mut byte).cast(), 1) }, 1);
}

fn main() {
    let mut program = Program {
        steps: Vec::with_capacity(1 << 18),
        blocks: Vec::with_capacity(1 << 15),
        random: fastrand::Rng::with_seed(42),
        number: 0,
    };
    program.run(5_000);
    program.say();
    // Somebody listens: first these, of which nobody knows, end.
    program.free_all();
    program.run(100_000);
    program.say();
    // Nobody listens: known blocks end.
    program.free_all();
    program.run(5_000);
    program.say();
    // Somebody listens again.
    program.free_all();
    program.say();
}
