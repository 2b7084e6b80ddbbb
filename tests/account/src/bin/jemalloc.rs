//! Many small blocks of jemalloc, most of which are dropped.
#![allow(missing_docs)]

#[cfg(all(mem_profile_allocators, target_os = "linux"))]
#[global_allocator]
static ALLOC: mem_profile::Alloc<tikv_jemallocator::Jemalloc> =
    mem_profile::Alloc::wrap(tikv_jemallocator::Jemalloc);

fn main() {
    #[cfg(all(mem_profile_allocators, target_os = "linux"))]
    accounted::fragmented::check(false);
}
