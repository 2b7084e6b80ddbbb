//! Loaded, called and unloaded by `plugin_host`, with its own copy of the runtime and its own
//! counting allocator.

use std::hint::black_box;

use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

#[mem_profile]
fn measured(size: usize) -> usize {
    let block = black_box(vec![1_u8; size]);
    block.len()
}

/// Allocates and frees `size` bytes inside an annotated function and returns `size`.
#[unsafe(no_mangle)]
pub extern "C" fn plugin_measured(size: usize) -> usize {
    measured(size)
}

/// Allocates and frees `size` bytes without any annotated function and returns `size`.
#[unsafe(no_mangle)]
pub extern "C" fn plugin_plain(size: usize) -> usize {
    black_box(vec![1_u8; size]).len()
}
