//! With jemalloc, which `_RJEM_MALLOC_CONF` tells what to profile.

#[global_allocator]
static ALLOC: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() {
    trace_bench::main();
}
