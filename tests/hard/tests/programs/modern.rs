//! Uses a library that brings another version of the profiler along.

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

#[mem_profile::mem_profile]
fn modern(size: usize) -> Vec<u8> {
    let mut kept = vec![1_u8; 1000];
    kept.extend(legacy::legacy(size));
    kept
}

fn main() {
    // The newer version counts memory that the older one allocates when it starts.
    drop(legacy::legacy(0));
    println!("{}", modern(16 << 20).len());
}
