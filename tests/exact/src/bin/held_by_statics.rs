//! Blocks of statics and thread-locals, and those that live longer than their threads.

use std::cell::RefCell;
use std::hint::black_box;
use std::sync::{LazyLock, Mutex, OnceLock};
use std::thread;

use exact::bytes;
use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

static ONCE: OnceLock<Vec<u8>> = OnceLock::new();
static LAZY: LazyLock<Vec<u8>> = LazyLock::new(lazy);
static LEFT: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

#[mem_profile] //= 1x
fn lazy() -> Vec<u8> {
    bytes(30_000) //= +30000 ^30000 1a 30000b 1x 30000p 30000l
}

#[rustfmt::skip]
#[mem_profile] //= 2x
fn uses_statics() -> usize {
    let once = ONCE.get_or_init(|| bytes(20_000)); //= +20000 ^20000 1a 20000b 2x 20000p 20000l
    once.len() + LAZY.len() //= +30000 ^30000 1a 30000b 2x
} //= 2x

/// Frees what its thread has allocated, and leaves something behind.
struct Cache(Vec<u8>);

impl Drop for Cache {
    #[mem_profile] //= 2x
    fn drop(&mut self) {
        self.0 = Vec::new(); //= -900000 2x
        let left = bytes(100_000); //= +200000 ^100000 2a 200000b 2x 100000p 200000l
        LEFT.lock().unwrap().push(left); //= 2x
    } //= 2x
}

thread_local! {
    static CACHE: RefCell<Option<Cache>> = const { RefCell::new(None) };
}

#[mem_profile] //= 2x
fn fills_cache(size: usize) {
    let cache = Cache(bytes(size)); //= +900000 ^500000 2a 900000b 2x 500000p
    CACHE.with_borrow_mut(|place| *place = Some(cache)); //= 2x
    let scratch = bytes(200_000); //= +400000 ^200000 2a 400000b 2x 200000p
    black_box(&scratch); //= 2x
} //= -400000 2x

fn main() {
    exact::program(|| {
        LEFT.lock().unwrap().reserve_exact(2);
        for _ in 0..2 {
            uses_statics();
        }
        for size in [400_000, 500_000] {
            thread::spawn(move || fills_cache(size)).join().expect("the thread ends");
        }
    });
}
