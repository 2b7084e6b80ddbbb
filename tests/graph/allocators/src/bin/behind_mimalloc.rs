//! See the library.

use mem_profile::Alloc;
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOC: Alloc<MiMalloc> = Alloc::wrap(MiMalloc);

fn main() {
    captured_allocators::main();
}
