//! CPU time of the monitor's thread, as the system counts it: `cargo bench -p mem-profile-monitor --features process
//! --bench cost`.
#![allow(missing_docs)]

use std::fs;
use std::hint::black_box;
use std::thread;
use std::time::Duration;

use mem_profile_monitor::Monitor;
use mem_profile_trace::{self as trace, Config};

#[global_allocator]
static ALLOC: mem_profile_runtime::Alloc = mem_profile_runtime::Alloc::new();

const INTERVAL: Duration = Duration::from_millis(20);
const MIB: usize = 1 << 20;

/// CPU time of the thread so far, in milliseconds.
fn spent() -> f64 {
    let tasks = fs::read_dir("/proc/self/task").expect("threads").flatten();
    let of_monitor = tasks.map(|task| task.path()).find(|path| {
        fs::read_to_string(path.join("comm")).is_ok_and(|name| name == "mem-monitor\n")
    });
    let text = fs::read_to_string(of_monitor.expect("the thread").join("schedstat"));
    let text = text.expect("the system counts it");
    let nanoseconds = text.split(' ').next().expect("a number").parse::<f64>().expect("a number");
    nanoseconds / 1e6
}

/// CPU time of a sample, in milliseconds: the median of ten rounds.
fn of_a_sample(is_with_children: bool) -> f64 {
    let builder = Monitor::builder().interval(INTERVAL).children(is_with_children);
    let monitor = builder.start().expect("starts");
    thread::sleep(INTERVAL * 3);
    let round = |_| {
        let at = || monitor.latest().sample.expect("a sample").at.as_secs_f64();
        let before = (spent(), at());
        thread::sleep(INTERVAL * 25);
        (spent() - before.0) / ((at() - before.1) / INTERVAL.as_secs_f64()).round()
    };
    let mut rounds: Vec<f64> = (0..10).map(round).collect();
    rounds.sort_by(f64::total_cmp);
    rounds[5]
}

/// CPU time of a warning, in milliseconds: of the first, which looks up names, and the median of twenty more.
fn of_a_warning(held: &mut Vec<Vec<u8>>) -> (f64, f64) {
    let builder = Monitor::builder().interval(INTERVAL).log(false).warn_above(MIB as u64);
    let monitor = builder.start().expect("starts");
    let wait = |count| {
        while monitor.latest().warnings < count {
            thread::sleep(INTERVAL / 4);
        }
        thread::sleep(INTERVAL / 2);
        spent()
    };
    let first = wait(1);
    let (mut last, mut more) = (first, Vec::new());
    for count in 2..22 {
        // A further tenth of all that is resident.
        let tenth = monitor.latest().sample.expect("a sample").resident as usize / 8;
        held.push(black_box(vec![1; tenth]));
        let now = wait(count);
        more.push(now - last);
        last = now;
    }
    more.sort_by(f64::total_cmp);
    (first, more[10])
}

fn main() {
    let (alone, with_children) = (of_a_sample(false), of_a_sample(true));
    let share = |milliseconds: f64| milliseconds / 10.0;
    println!("a sample: {alone:.3} ms, {:.3} % of a core at 1 s", share(alone));
    println!(
        "with children: {with_children:.3} ms, {:.3} % of a core at 1 s",
        share(with_children)
    );
    trace::start(Config::sampled(Config::USUAL_MEAN)).expect("the tracer starts");
    let blocks: Vec<_> = (0..200_000).map(|index: usize| vec![1_u8; 16 + index % 512]).collect();
    let mut held = vec![black_box(vec![1; 16 * MIB])];
    let (first, more) = of_a_warning(&mut held);
    println!("a warning with 200,000 blocks, sampled: the first {first:.1} ms, then {more:.1} ms");
    drop((blocks, held));
}
