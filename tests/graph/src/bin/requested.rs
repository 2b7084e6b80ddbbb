//! Holds blocks of a size that nothing else has, until it may end. It is captured by its environment.

use std::io::{self, BufRead};
use std::sync::Mutex;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

static HELD: Mutex<Vec<Box<[u8; 12_345]>>> = Mutex::new(Vec::new());

fn main() {
    HELD.lock().expect("a lock").extend((0..3).map(|_| Box::new([7; 12_345])));
    std::thread::spawn(std::thread::park);
    println!("ready");
    let mut lines = io::stdin().lock().lines();
    while lines.next().is_some() {
        HELD.lock().expect("a lock").pop();
        println!("dropped");
    }
}
