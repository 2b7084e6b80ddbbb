//! More stacks than the tables have room for: what comes too late is counted all the same, and
//! every report says how much it is.

use std::hint::black_box;

use mem_profile::trace::{self, By, Config, Statistic};
use traced::bytes;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

/// Levels of calls, of which each has two places: a million stacks.
const DEPTH: usize = 20;
const SIZE: usize = 10;

/// Each level is a function of its own, since recursion would be folded.
const LEVELS: [fn(&mut Vec<Vec<u8>>); DEPTH] = [
    level::<0>,
    level::<1>,
    level::<2>,
    level::<3>,
    level::<4>,
    level::<5>,
    level::<6>,
    level::<7>,
    level::<8>,
    level::<9>,
    level::<10>,
    level::<11>,
    level::<12>,
    level::<13>,
    level::<14>,
    level::<15>,
    level::<16>,
    level::<17>,
    level::<18>,
    level::<19>,
];

#[inline(never)]
fn level<const ABOVE: usize>(kept: &mut Vec<Vec<u8>>) {
    if ABOVE == 0 {
        kept.push(bytes(SIZE));
    } else {
        LEVELS[ABOVE.saturating_sub(1)](kept);
        LEVELS[ABOVE.saturating_sub(1)](kept);
    }
    black_box(&kept);
}

fn main() {
    let count = 1 << DEPTH;
    let mut kept = Vec::with_capacity(count);
    trace::start(Config::exact()).expect("it can be traced");
    level::<DEPTH>(&mut kept);
    let snapshot = trace::snapshot();
    let total = (count * SIZE) as i64;
    assert_eq!(snapshot.traced_memory(), (total as u64, total as u64), "nothing is lost");
    let lines = snapshot.statistics(By::Line);
    let sum = |figure: fn(&Statistic) -> i64| lines.iter().map(figure).sum::<i64>();
    assert_eq!((sum(|line| line.size), sum(|line| line.count)), (total, count as i64));
    let is_rest = |line: &&Statistic| line.name == "[truncated: the tables were full]";
    let rest = lines.iter().find(is_rest).expect("some came too late");
    let percent = 100.0 * rest.size as f64 / total as f64;
    assert!((10.0..90.0).contains(&percent), "{percent} % came too late");
    let note = format!(
        "{percent:.2} % of the bytes was allocated when the tables were full: its stacks are not \
         known"
    );
    assert_eq!(snapshot.notes()[0], note);
    assert!(snapshot.to_text(10).contains(&format!("note: {note}\n")));
    let before = trace::traced_memory().0;
    drop(kept);
    assert_eq!(before - trace::traced_memory().0, total as u64, "and so is its end");
    println!("right");
}
