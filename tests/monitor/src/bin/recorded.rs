//! Holds 64 MiB on one line, in a recording that the environment asks for, and ends in the way that is asked for.

use std::io::Read;
use std::time::Duration;

use mem_profile::trace;
use monitored::MIB;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

fn main() {
    trace::start(trace::Config::exact()).expect("the tracer starts");
    let kept = vec![1_u8; 64 * MIB]; // holds
    // Some samples.
    std::thread::sleep(Duration::from_millis(100));
    println!("ready");
    match std::env::args().nth(1).as_deref() {
        Some("exit") => std::process::exit(3),
        Some("fails") => {
            let mut large = Vec::<u8>::new();
            assert!(large.try_reserve_exact(1 << 46).is_err(), "no machine has 64 TiB");
            std::process::abort();
        }
        _ => {
            // Nobody waits longer.
            std::thread::spawn(|| {
                std::thread::sleep(Duration::from_secs(60));
                std::process::exit(1);
            });
            let _ = std::io::stdin().read(&mut [0]);
        }
    }
    drop(kept);
}
