//! With two threads, the peak is as uncertain as it says: one of them does not know what the other has not published,
//! and small steps leave no mark.

use std::sync::Barrier;
use std::thread;

use exact::bytes;
use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

/// Less than a thread publishes.
const SMALL: usize = 60_000;

static TURN: Barrier = Barrier::new(2);

#[mem_profile] //= 2x
fn holds(size: usize) {
    let kept = bytes(size); //= +120000 ^60000 2a 120000b 2x
    TURN.wait(); //= 2x
    drop(kept); //= -120000 2x
    TURN.wait(); //= 2x
} //= 2x

#[mem_profile] //= 1x
fn rises(size: usize) -> usize {
    bytes(size).len() //= ^500000 1a 500000b 1x
}

fn main() {
    exact::program(|| {
        rises(500_000);
        let most = bytes(500_000);
        thread::scope(|scope| {
            let other = scope.spawn(|| holds(SMALL));
            holds(SMALL);
            other.join().expect("it ends");
        });
        drop(most);
    });
}
