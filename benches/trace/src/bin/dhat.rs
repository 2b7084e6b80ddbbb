//! With `dhat`.

#[global_allocator]
static ALLOC: dhat::Alloc = dhat::Alloc;

fn main() {
    let profiler = dhat::Profiler::builder().file_name("/dev/null").build();
    trace_bench::main();
    std::mem::forget(profiler);
}
