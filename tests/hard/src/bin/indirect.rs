//! Calls an annotated function of a library through another one.
#![allow(missing_docs)]

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

fn main() {
    println!("{}", hard::sum_of_squares(1000));
}
