//! Leaks on one line, and says so as soon as its resident set has crossed 64 MiB. Ends when its input ends.

use std::io::Read;
use std::time::Duration;

use mem_profile::{mem_profile, trace};
use monitored::{MIB, touched};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

#[mem_profile]
fn leak(kept: &mut Vec<Vec<u8>>) {
    kept.push(touched(MIB)); // leaks
}

#[mem_profile]
fn cache() -> Vec<u8> {
    touched(8 * MIB) // holds
}

fn main() {
    if std::env::args().any(|argument| argument == "traced") {
        trace::start(trace::Config::exact()).expect("the tracer starts");
    }
    let cached = cache();
    let mut kept = Vec::new();
    for _ in 0..100 {
        leak(&mut kept);
        std::thread::sleep(Duration::from_millis(1));
        if kept.len() == 64 {
            println!("crossed");
        }
    }
    // Nobody waits longer.
    std::thread::spawn(|| {
        std::thread::sleep(Duration::from_secs(60));
        std::process::exit(1);
    });
    let _ = std::io::stdin().read(&mut [0]);
    drop((cached, kept));
}
