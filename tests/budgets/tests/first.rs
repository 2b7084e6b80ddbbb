//! The first annotated call of a process starts the session, which counts in no budget. One test, so
//! that it is the first.

use std::hint::black_box;

use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

#[mem_profile(max_increment = "10 B", max_peak = "10 B", max_allocations = 1)]
fn first() -> Vec<u8> {
    black_box(vec![1; 10])
}

#[test]
fn the_start_of_the_session_counts_in_no_budget() {
    assert_eq!(first().len(), 10);
}
