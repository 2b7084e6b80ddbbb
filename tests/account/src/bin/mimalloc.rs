//! Many small blocks of mimalloc, most of which are dropped.
#![allow(missing_docs)]

#[cfg(all(mem_profile_allocators, target_os = "linux"))]
#[global_allocator]
static ALLOC: mem_profile::Alloc<mimalloc::MiMalloc> = mem_profile::Alloc::wrap(mimalloc::MiMalloc);

fn main() {
    #[cfg(all(mem_profile_allocators, target_os = "linux"))]
    accounted::fragmented::check(false);
}
