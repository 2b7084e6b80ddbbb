//! 200 threads, one wave after the other: nothing is lost with a thread that has ended.

use exact::bytes;
use mem_profile::mem_profile;
use std::thread;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

#[rustfmt::skip]
#[mem_profile] //= 200x
fn work(number: usize) -> Vec<u8> {
    let kept = bytes(number); //= +19900 ^199 199a 19900b 200x
    for size in [10, 20] { //= 600x
        let scratch = bytes(size * number); //= +597000 ^3980 398a 597000b 400x
        drop(scratch); //= -597000 400x
    } //= 400x
    kept //= 200x
} //= 200x

#[mem_profile] //= 200x
fn give_back(kept: &mut Vec<Vec<u8>>) {
    kept.pop(); //= -19900 200x
}

fn main() {
    exact::program(|| {
        for wave in 0..20 {
            let numbers = (0..10).map(|number| 10 * wave + number);
            let threads: Vec<_> = numbers.map(|n| thread::spawn(move || work(n))).collect();
            let mut kept: Vec<_> = threads.into_iter().map(|t| t.join().expect("done")).collect();
            // Another thread frees the blocks of these.
            let give_back = move || (0..10).for_each(|_| give_back(&mut kept));
            thread::spawn(give_back).join().expect("done");
        }
    });
}
