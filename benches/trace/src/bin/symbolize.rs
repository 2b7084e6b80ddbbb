//! How long it takes to find the names of 10,000 addresses in a release build: those of this
//! program, spread over all its code.
//!
//! `cargo run --release --bin symbolize` in `benches/trace`. The aim is 250 ms.

use std::ops::Range;
use std::time::Instant;

use mem_profile::trace::{self, By, Config, Snapshot};
use serde_json::{Value, json};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

const ADDRESSES: usize = 10_000;
const ROUNDS: usize = 15;

/// Where the code of this program lies, by `/proc/self/maps`.
fn code() -> Range<usize> {
    let own = std::env::current_exe().expect("the path of this program");
    let maps = std::fs::read_to_string("/proc/self/maps").expect("this is Linux");
    let is_code = |line: &&str| line.contains(" r-xp ") && line.ends_with(&*own.to_string_lossy());
    let line = maps.lines().find(is_code).expect("code");
    let (start, rest) = line.split_once('-').expect("a range");
    let end = rest.split(' ').next().expect("its end");
    let number = |digits| usize::from_str_radix(digits, 16).expect("an address");
    number(start)..number(end)
}

/// A saved snapshot with these addresses, each the stack of one block.
fn saved(addresses: &[usize]) -> Value {
    let path = std::env::temp_dir().join(format!("mem-profile-symbolize-{}", std::process::id()));
    trace::start(Config::exact()).expect("it can be traced");
    trace::snapshot().save(&path).expect("a file");
    trace::stop();
    let mut data: Value =
        serde_json::from_slice(&std::fs::read(&path).expect("the file")).expect("JSON");
    let own = data["modules"].as_array().expect("modules").iter().position(|module| {
        let bound = |name: &str| module[name].as_u64().expect("an address") as usize;
        (bound("start")..bound("end")).contains(&addresses[0])
    });
    let address = |address: &usize| json!({ "address": address, "module": own, "is_own": false });
    data["addresses"] = addresses.iter().map(address).collect();
    data["threads"] = json!(["main"]);
    let stack = |index| {
        json!({
            "thread": 0, "reach": "Whole", "frames": [index],
            "allocated_blocks": 1024, "allocated_bytes": 1, "live_blocks": 1024, "live_bytes": 1,
            "peak_blocks": 0, "peak_bytes": 0, "reallocations": 0, "temporary": 0
        })
    };
    data["traces"] = (0..addresses.len()).map(stack).collect();
    let _ = std::fs::remove_file(&path);
    data
}

fn main() {
    let code = code();
    let step = code.len() / ADDRESSES;
    let addresses: Vec<_> = code.clone().step_by(step).skip(1).take(ADDRESSES).collect();
    let path = std::env::temp_dir().join(format!("mem-profile-symbols-{}", std::process::id()));
    std::fs::write(&path, saved(&addresses).to_string()).expect("a file");
    let mut times = Vec::new();
    let mut found = 0;
    for _ in 0..ROUNDS {
        let snapshot = Snapshot::load(&path).expect("a snapshot");
        let begin = Instant::now();
        let lines = snapshot.statistics(By::Line);
        times.push(begin.elapsed());
        found = lines.len();
    }
    let _ = std::fs::remove_file(&path);
    times.sort();
    println!(
        "{} addresses in {} KiB of code, {found} lines: {:.0} ms (median of {ROUNDS}, best {:.0})",
        addresses.len(),
        code.len() / 1024,
        times[ROUNDS / 2].as_secs_f64() * 1e3,
        times[0].as_secs_f64() * 1e3,
    );
}
