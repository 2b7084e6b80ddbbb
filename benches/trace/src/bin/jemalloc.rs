//! With jemalloc; `_RJEM_MALLOC_CONF` selects what it profiles.

#[global_allocator]
static ALLOC: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() {
    trace_bench::main();
}
