use std::alloc::{GlobalAlloc, Layout};
use std::sync::mpsc;
use std::thread;

use super::*;
use crate::record::alloc::allocator::Alloc;

static ALLOC: Alloc = Alloc::new();

/// An address may be sent to another thread.
struct Block(*mut u8, Layout);

// SAFETY: whoever has it is the only one.
unsafe impl Send for Block {}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: the block is from there, with this layout.
        unsafe { ALLOC.dealloc(self.0, self.1) };
    }
}

impl Block {
    fn doubled(mut self) -> Self {
        let size = 2 * self.1.size();
        // SAFETY: the block is from there, with this layout.
        self.0 = unsafe { ALLOC.realloc(self.0, self.1, size) };
        self.1 = Layout::from_size_align(size, 8).unwrap();
        self
    }
}

fn make(size: usize) -> Block {
    let layout = Layout::from_size_align(size, 8).unwrap();
    // SAFETY: the size is not zero.
    Block(unsafe { ALLOC.alloc(layout) }, layout)
}

/// How many blocks of this test are known. Other tests allocate meanwhile.
fn known() -> usize {
    let is_ours = |block: &LiveBlock| matches!(block.size % 4096, 1237 | 2474);
    blocks().map_or(0, |blocks| blocks.iter().filter(is_ours).count())
}

#[test]
fn every_sampled_block_is_forgotten_whichever_thread_frees_it() {
    const LONG: usize = (64 << 20) + 1237;
    drop(make(LONG));
    assert!(!has_listeners() && !has_blocks());
    probes::add_listener(1);
    let held = make(LONG);
    assert_eq!(known(), 1);
    thread::scope(|scope| {
        for _ in 0..4 {
            let (sender, receiver) = mpsc::channel::<Block>();
            scope.spawn(move || {
                for number in 0..2000 {
                    sender.send(make(number % 97 * 4096 + 1237)).unwrap();
                }
            });
            scope.spawn(move || receiver.into_iter().for_each(|block| drop(block.doubled())));
        }
    });
    assert_eq!(known(), 1);
    probes::add_listener(u16::MAX);
    drop(make(LONG));
    drop(held);
    assert_eq!(known(), 0);
}
