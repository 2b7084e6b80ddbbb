//! Blocks are tracked through allocators that wrap each other. The inner one counts, moves blocks by copying,
//! and returns other addresses than it got.

use std::alloc::{GlobalAlloc, Layout};
use std::hint::black_box;
use std::mem::forget;
use std::panic::catch_unwind;
use std::thread;

use mem_profile::{Alloc, assert_budget};

/// Puts 32 bytes before each block, and leaves `realloc` to the trait.
struct Shifting<A>(A);

const SHIFT: usize = 32;

fn shifted(layout: Layout) -> Layout {
    Layout::from_size_align(layout.size() + SHIFT, layout.align().max(SHIFT)).unwrap()
}

// SAFETY: blocks of the allocator inside, which are as much larger as they are shifted.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Shifting<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() > SHIFT {
            // SAFETY: as the caller promises.
            return unsafe { self.0.alloc(layout) };
        }
        // SAFETY: not empty, and `SHIFT` more bytes than are asked for.
        unsafe {
            let block = self.0.alloc(shifted(layout));
            if block.is_null() { block } else { block.add(SHIFT) }
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as `alloc` has made it.
        unsafe {
            match layout.align() > SHIFT {
                true => self.0.dealloc(block, layout),
                false => self.0.dealloc(block.sub(SHIFT), shifted(layout)),
            }
        }
    }
}

#[global_allocator]
static ALLOC: Alloc<Shifting<Alloc>> = Alloc::wrap(Shifting(Alloc::new()));

/// The leaked bytes that the message states.
fn left(call: impl FnOnce() + std::panic::UnwindSafe) -> Option<u64> {
    let text = catch_unwind(call).err()?.downcast::<String>().expect("a message");
    let (_, size) = text.split_once("no_leak: at most 0 B, but ").expect(&text);
    Some(size.split(' ').next().unwrap().parse().unwrap())
}

#[test]
fn blocks_are_tracked() {
    assert_budget!(no_leak, {
        let mut grown = Vec::new();
        (0..100_000_u32).for_each(|number| grown.push(black_box(number)));
        grown.shrink_to(10);
        let grown = thread::spawn(move || {
            grown.reserve_exact(1_000_000);
            grown
        });
        drop(grown.join().unwrap());
        thread::scope(|scope| drop(scope.spawn(|| black_box(vec![1_u8; 10]).len())));
    });
    // The counting allocator is the inner one.
    let shift = SHIFT as u64;
    assert_eq!(
        left(|| assert_budget!(no_leak, { forget(black_box(vec![1_u8; 100])) })),
        Some(100 + shift)
    );
    let grown = || {
        assert_budget!(no_leak, {
            let mut grown = vec![1_u8; 100];
            grown.reserve_exact(black_box(900));
            forget(black_box(grown));
        })
    };
    assert_eq!(left(grown), Some(1000 + shift));
    // An older block keeps its age.
    let mut older = Vec::with_capacity(1);
    assert_budget!(no_leak, {
        (0..1000_u32).for_each(|number| older.push(black_box(number)));
    });
}
