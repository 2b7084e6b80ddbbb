//! See the library.

use mem_profile::Alloc;
use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOC: Alloc<Jemalloc> = Alloc::wrap(Jemalloc);

fn main() {
    captured_allocators::main();
}
