//! 2,000 threads, one at a time: the runtime's own memory does not grow with ended threads.

use exact::bytes;
use mem_profile::mem_profile;
use std::fs;
use std::thread;

#[global_allocator]
static ALLOC: mem_profile::Alloc<exact::Truth> =
    mem_profile::Alloc::wrap(exact::Truth(std::alloc::System));

#[mem_profile] //= 2000x
fn work() -> usize {
    let value = bytes(1000); //= +2000000 ^1000 2000a 2000000b 2000x
    value.len() //= 2000x
} //= -2000000 2000x

/// Pages of memory of its own that the process has touched.
fn private_pages() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").expect("Linux");
    let mut fields = statm.split(' ').skip(1).map(|field| field.parse::<usize>().expect("pages"));
    let resident = fields.next().expect("resident");
    resident - fields.next().expect("shared")
}

fn round() {
    for _ in 0..1000 {
        thread::spawn(work).join().expect("the thread ends");
    }
}

fn main() {
    exact::program(|| {
        round();
        let before = private_pages();
        round();
        let grown = private_pages().saturating_sub(before);
        // A thread's record alone is more than a page: without reuse it were over 2,000 pages.
        assert!(grown < 250, "{grown} pages more");
    });
}
