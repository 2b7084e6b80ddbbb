//! The work that all programs do: documents are made, written and read, ordered maps grow and
//! shrink, at some depth of the stack; or the work of a recursive program.

mod recursive;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use serde_json::{Value, json};

/// Runs `WORK DEPTH THREADS ROUNDS` as the arguments say, and prints the CPU time and the time on
/// the clock, in microseconds.
///
/// # Panics
/// Without the arguments.
pub fn main() {
    let mut arguments = std::env::args().skip(1);
    let work = match arguments.next().as_deref() {
        Some("documents") => documents,
        Some("builder") => recursive::builder,
        Some("parser") => recursive::parser,
        Some("wide") => recursive::wide,
        _ => panic!("documents, builder, parser or wide"),
    };
    let numbers: Vec<usize> = arguments.map(|text| text.parse().expect("a number")).collect();
    let [depth, threads, rounds] = numbers[..] else { panic!("DEPTH THREADS ROUNDS") };
    let (cpu, clock) = (cpu_microseconds(), Instant::now());
    std::thread::scope(|scope| {
        // Never on the first thread: its stack is not where it seems to be under valgrind.
        for _ in 0..threads {
            scope.spawn(move || at_depth(depth, work, rounds));
        }
    });
    println!("{} {}", cpu_microseconds() - cpu, clock.elapsed().as_micros());
}

fn cpu_microseconds() -> i64 {
    // SAFETY: zeroes are valid, and the system fills them in.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &raw mut usage);
        usage
    };
    [usage.ru_utime, usage.ru_stime].iter().map(|time| time.tv_sec * 1_000_000 + time.tv_usec).sum()
}

#[inline(never)]
fn at_depth(depth: usize, work: fn(usize), rounds: usize) {
    if depth > 0 {
        at_depth(depth - 1, work, rounds);
        black_box(depth);
    } else {
        work(rounds);
    }
}

fn document(number: usize) -> Value {
    let row = |row: usize| json!({ "id": row, "name": format!("row {row} of {number}"), "tags": ["red", "green"] });
    json!({ "number": number, "rows": (0..20).map(row).collect::<Vec<_>>() })
}

#[inline(never)]
fn documents(rounds: usize) {
    let mut map = BTreeMap::new();
    for number in 0..rounds {
        let text = document(number).to_string();
        let value: Value = serde_json::from_str(&text).expect("it was written just now");
        map.insert(number * 7919 % 1009, value);
        if number % 3 == 0 {
            map.remove(&(number * 31 % 1009));
        }
    }
    black_box(&map);
}
