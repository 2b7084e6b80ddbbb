//! With the tracer: `TRACE=exact`, `TRACE=` a mean number of bytes, else switched off.

use mem_profile::trace::{self, Config};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

fn main() {
    match std::env::var("TRACE").as_deref() {
        Ok("exact") => trace::start(Config::exact()).expect("it can be traced"),
        Ok("off") | Err(_) => {}
        Ok(mean) => {
            let mean = mean.parse().expect("a number of bytes");
            trace::start(Config::sampled(mean)).expect("it can be traced");
        }
    }
    trace_bench::main();
    if std::env::var_os("MEMORY").is_some() {
        eprintln!("{} {}", trace::overhead(), most_resident());
    }
    if std::env::var_os("SHOW").is_some() {
        let snapshot = trace::snapshot();
        eprintln!("{}{:?}", snapshot.to_text(3), trace::traced_memory());
        let begin = std::time::Instant::now();
        let _ = snapshot.to_json();
        eprintln!("{:?} for a report, {} bytes", begin.elapsed(), trace::overhead());
    }
}

/// The most that the process had in memory, in bytes.
fn most_resident() -> i64 {
    // SAFETY: zeroes are valid, and the system fills them in.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &raw mut usage);
        usage
    };
    usage.ru_maxrss * 1024
}
