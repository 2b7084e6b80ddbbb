//! How long an account takes beside reading `smaps`, in turns: `cargo bench -p accounted`.
#![cfg(target_os = "linux")]
#![allow(missing_docs)]

use std::env;
use std::fs;
use std::hint::black_box;
use std::process::Command;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use mem_profile::account::{account, brief};
use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

const THREADS: usize = 8;
const ROUNDS: usize = 51;

fn main() {
    match env::var("SURVIVES").map(|number| number.parse()) {
        Ok(survives) => measure(survives.expect("a number")),
        // Live blocks are known from the start of a program on.
        Err(_) => {
            [20, 1].into_iter().for_each(|survives| run(survives, "MEM_PROFILE_LIVE"));
            if cfg!(feature = "trace") {
                [20, 1].into_iter().for_each(|survives| run(survives, "MEM_PROFILE_TRACE"));
            }
        }
    }
}

/// With the live blocks of the line profiler, or with those of the tracer.
fn run(survives: usize, knows: &str) {
    println!("{knows}:");
    let mut command = Command::new(env::current_exe().expect("this program"));
    let command = command.env("SURVIVES", survives.to_string());
    let command = command.env(knows, "1").env("MEM_PROFILE_FORMAT", "none");
    assert!(command.status().expect("it starts").success());
}

/// 260 MiB in a million blocks of 8 threads, of which one in so many survives.
fn plant(survives: usize) -> Vec<Vec<Box<[u8]>>> {
    let all = Arc::new(Barrier::new(THREADS));
    let fill = |seed| {
        let all = all.clone();
        thread::spawn(move || fill(seed, survives, &all))
    };
    let threads: Vec<_> = (0..THREADS as u64).map(fill).collect();
    threads.into_iter().map(|thread| thread.join().expect("it ends")).collect()
}

#[mem_profile]
fn fill(seed: u64, survives: usize, all: &Barrier) -> Vec<Box<[u8]>> {
    let mut random = seed;
    let mut block = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(seed | 1);
        vec![1_u8; 16 + (random >> 33) as usize % 514].into_boxed_slice()
    };
    let mut blocks: Vec<_> = (0..1_000_000 / THREADS).map(|_| Some(block())).collect();
    all.wait();
    let dropped = blocks.iter_mut().enumerate().filter(|(index, _)| index % survives != 0);
    dropped.for_each(|(_, block)| *block = None);
    blocks.into_iter().flatten().collect()
}

fn measure(survives: usize) {
    let kept = plant(survives);
    let blocks: usize = kept.iter().map(Vec::len).sum();
    let parts: [(&str, fn()); 4] = [
        ("brief", || _ = black_box(brief())),
        ("smaps", || _ = black_box(fs::read("/proc/self/smaps"))),
        ("reading", || _ = black_box(mem_profile_account::process::read_self())),
        ("account", || _ = black_box(account())),
    ];
    let mut times = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        for ((_, work), times) in parts.iter().zip(&mut times) {
            let begin = Instant::now();
            work();
            times.push(begin.elapsed());
        }
    }
    let medians = times.map(|mut times: Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2]
    });
    drop(kept);
    println!("{blocks} live blocks");
    for ((name, _), median) in parts.iter().zip(medians) {
        println!("  {name:<8} {median:>10.2?}");
    }
    let [_, smaps, _, account] = medians;
    let aim = smaps.mul_f64(1.3) + Duration::from_millis(25).mul_f64(blocks as f64 / 1e6);
    println!("  aim      {aim:>10.2?}, × {:.2}", account.as_secs_f64() / aim.as_secs_f64());
}
