//! The process's live bytes after threads came and went are what they were before. One test, so
//! that nobody else allocates meanwhile.
#![allow(missing_docs)]

use std::hint::black_box;
use std::thread;

use mem_profile_runtime::{Alloc, snapshot};

#[global_allocator]
static ALLOC: Alloc = Alloc::new();

fn live_bytes() -> u64 {
    snapshot().process_bytes.expect("the heap is counted")
}

#[test]
fn nothing_is_lost_when_threads_end_in_droves() {
    let round = || {
        let threads: Vec<_> =
            (0..20).map(|_| thread::spawn(|| black_box(vec![1_u8; 777]))).collect();
        let blocks = threads.into_iter().map(|thread| thread.join().unwrap());
        assert_eq!(blocks.map(|block| block.len()).sum::<usize>(), 20 * 777);
    };
    // The first round makes what the process keeps for good.
    round();
    let before = live_bytes();
    for _ in 0..100 {
        round();
    }
    assert_eq!(live_bytes(), before);
    let kept = black_box(vec![1_u8; 12_345]);
    assert_eq!(live_bytes(), before + 12_345);
    drop(kept);
}
