//! Without any profiler.

fn main() {
    trace_bench::main();
}
