//! A block that one thread makes, others reallocate and yet others free is on one line at a time. Threads may end
//! before their blocks, and others take their place.

use std::mem;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;

use exact::bytes;
use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

#[mem_profile] //= 3x
fn make(size: usize) -> Vec<u8> {
    bytes(size) //= +900000 ^300000 3a 900000b 3x
}

#[mem_profile] //= 3x
fn grow(mut block: Vec<u8>) -> Vec<u8> {
    block.reserve_exact(200_000); //= +600000 ^200000 600000b 3x 1500000p
    block //= 3x
}

#[mem_profile] //= 2x
fn shrink(mut block: Vec<u8>) -> Vec<u8> {
    block.shrink_to_fit(); //= -400000 2x 600000l
    block //= 2x
}

#[mem_profile] //= 1x
fn free(block: Vec<u8>) {
    drop(block); //= -500000 1x
}

#[mem_profile] //= 1x
fn shares(sizes: [usize; 2]) -> [Arc<Vec<u8>>; 2] {
    sizes.map(|size| Arc::new(bytes(size))) //= +300000+80 ^300000+80 4a 300000+80b 1x 300080p
}

/// On a thread of its own, which ends.
fn apart<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> R {
    thread::spawn(work).join().expect("it ends")
}

fn main() {
    exact::program(|| {
        let shared = apart(|| shares([100_000, 200_000]));
        let [first, second, third] = [1, 2, 3].map(|_| apart(|| make(300_000)));
        let grown = [first, second, third].map(|block| apart(move || grow(block)));
        // The one that sends has ended when the last one that receives frees.
        let (sender, receiver) = sync_channel(1);
        let clones = shared.clone();
        apart(move || sender.send(clones).unwrap());
        drop(shared);
        apart(move || drop(receiver.recv().unwrap()));
        let [first, second, third] = grown;
        apart(move || free(first));
        mem::forget([second, third].map(|block| apart(move || shrink(block))));
    });
}
