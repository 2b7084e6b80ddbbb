//! A sample of known work, forty times: is it right on average, and as exact as theory says?

use mem_profile::trace::{self, By, Config};
use traced::bytes;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

const MEAN: u64 = 4096;
const ROUNDS: usize = 40;
const BLOCKS: usize = 2000;

#[inline(never)]
fn small() -> Vec<Vec<u8>> {
    (0..BLOCKS * 10).map(|_| bytes(200)).collect()
}

#[inline(never)]
fn mixed() -> Vec<Vec<u8>> {
    // A site whose blocks differ: weighing its average size would be wrong.
    (0..BLOCKS).map(|number| bytes(if number % 2 == 0 { 50 } else { 8000 })).collect()
}

fn main() {
    let mut errors = [Vec::new(), Vec::new(), Vec::new()];
    let truth = [(BLOCKS * 10 * 200) as f64, (BLOCKS / 2 * 8050) as f64, BLOCKS as f64];
    for _ in 0..ROUNDS {
        trace::start(Config::sampled(MEAN)).expect("it can be traced");
        let kept = (small(), mixed());
        let snapshot = trace::snapshot();
        trace::stop();
        let of = |name: &str| {
            let all = snapshot.statistics(By::Traceback);
            let inside = |one: &&trace::Statistic| {
                let mut frames = one.traceback.iter();
                frames.any(|frame| frame.function.contains(name))
                    && one.traceback.iter().any(|frame| frame.function.contains("traced::bytes"))
            };
            all.iter().filter(inside).fold((0, 0), |sum, one| (sum.0 + one.size, sum.1 + one.count))
        };
        let (small, mixed) = (of("sampled::small"), of("sampled::mixed"));
        let measured = [small.0 as f64, mixed.0 as f64, mixed.1 as f64];
        for ((errors, measured), truth) in errors.iter_mut().zip(measured).zip(truth) {
            errors.push(measured / truth - 1.0);
        }
        drop(kept);
    }
    // Of bytes √(mean / bytes); of blocks, what the small ones that are taken stand for.
    let mean = MEAN as f64;
    let variance = |size: f64| 1.0 / (1.0 - (-size / mean).exp()) - 1.0;
    let of_blocks = (BLOCKS as f64 / 2.0 * (variance(50.0) + variance(8000.0))).sqrt();
    let theory = [(mean / truth[0]).sqrt(), (mean / truth[1]).sqrt(), of_blocks / truth[2]];
    for ((name, errors), theory) in ["small", "mixed", "count"].iter().zip(errors).zip(theory) {
        let bias = errors.iter().sum::<f64>() / ROUNDS as f64;
        let spread = (errors.iter().map(|error| error * error).sum::<f64>() / ROUNDS as f64).sqrt();
        println!("{name} {bias:.5} {spread:.5} {theory:.5}");
    }
}
