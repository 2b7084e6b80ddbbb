//! The process's total is exact while threads rest, though each has unpublished bytes.

use exact::bytes;
use mem_profile::mem_profile;
use std::sync::Barrier;
use std::thread;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

const SIZES: [usize; 6] = [1, 65_535, 65_536, 131_072, 151_078, 400_000];
static START: Barrier = Barrier::new(SIZES.len() + 1);
static DONE: Barrier = Barrier::new(SIZES.len() + 1);

#[mem_profile] //= 18x
fn take(size: usize) -> Vec<u8> {
    bytes(size) //= +2439666 ^400000 18a 2439666b 18x
}

#[mem_profile] //= 6x
fn give(kept: Vec<Vec<u8>>) {
    // With it, six lists of three.
    drop(kept); //= -2439666-432 6x
}

fn worker(size: usize) {
    let mut kept = Vec::with_capacity(3);
    for _ in 0..3 {
        START.wait();
        kept.push(take(size));
        DONE.wait();
    }
    START.wait();
    give(kept);
}

fn assert_exact() {
    let truth = exact::live();
    let snapshot = mem_profile::snapshot();
    assert_eq!(snapshot.process_bytes, u64::try_from(truth).ok());
}

fn main() {
    exact::program(|| {
        let workers = SIZES.map(|size| thread::spawn(move || worker(size)));
        for _ in 0..3 {
            START.wait();
            DONE.wait();
            assert_exact();
        }
        START.wait();
        for worker in workers {
            worker.join().expect("the worker ends");
        }
        assert_exact();
    });
}
