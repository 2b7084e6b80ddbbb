//! Built without the feature `enabled`, with the attribute and without it.

#[allow(unused_imports)]
use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

#[mem_profile]
fn squares(count: u64) -> Vec<u64> {
    let mut squares = Vec::new();
    for number in 0..count {
        if number % 3 == 0 {
            continue;
        }
        squares.push(number * number);
    }
    squares
}

fn main() {
    let squares = squares(std::env::args().count() as u64 * 100);
    let usage = mem_profile::memory_usage(std::time::Duration::from_millis(1), || 5);
    mem_profile::report();
    mem_profile::reset();
    let functions = mem_profile::snapshot().functions.len();
    println!("{} {} {functions}", squares.len(), usage.value);
}
