//! Destructors of thread-locals run after the thread's own function, and are measured as well.

use exact::bytes;
use mem_profile::mem_profile;
use std::cell::RefCell;
use std::hint::black_box;
use std::thread;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

struct Cache(RefCell<Vec<Vec<u8>>>);

impl Drop for Cache {
    #[mem_profile] //= 3x
    fn drop(&mut self) {
        let scratch = bytes(70_000); //= +210000 ^70000 3a 210000b 3x
        self.0.get_mut().clear(); //= -90 3x
        black_box(&scratch); //= 3x
        // Another thread-local, which this thread has not used before.
        OTHER.with_borrow_mut(|other| other.reserve_exact(1)); //= +72 ^24 3a 72b 3x
        OTHER.with_borrow_mut(|other| other.push(bytes(9))); //= +27 ^9 3a 27b 3x
    } //= -210000 3x
}

thread_local! {
    static CACHE: Cache = const { Cache(RefCell::new(Vec::new())) };
    static OTHER: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

#[rustfmt::skip]
#[mem_profile] //= 3x
fn fill(size: usize) {
    CACHE.with(|cache| { //= ^64 3x
        let mut cache = cache.0.borrow_mut(); //= 3x
        cache.reserve_exact(1); //= +72 ^24 3a 72b 3x
        cache.push(bytes(size)); //= +90 ^40 3a 90b 3x
    }); //= 3x
}

fn main() {
    exact::program(|| {
        for size in [20, 30, 40] {
            thread::spawn(move || fill(size)).join().expect("the thread ends");
        }
    });
}
