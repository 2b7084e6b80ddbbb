//! `recursion WORK SCALE STACKS`: figures of some recursive work, of which recursion is folded above so
//! many stacks.

use std::collections::BTreeSet;

use mem_profile::trace::{self, By, Config, Measure, Statistic};
use traced::{recursive, scene, work};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

fn main() {
    let numbers = std::env::args().skip(2).map(|text| text.parse().expect("a number"));
    let [scale, stacks] = numbers.collect::<Vec<usize>>()[..] else { panic!("SCALE STACKS") };
    let name = scene();
    trace::fold_above(stacks);
    trace::start(Config::exact()).expect("it can be traced");
    let kept = match name.as_str() {
        "json" => work::run(&name, scale),
        _ => recursive::run(&name, scale),
    };
    println!("tables {}", trace::overhead());
    let snapshot = trace::snapshot();
    drop(kept);
    assert_eq!(snapshot.truncated_share(), 0.0);
    // Whole stacks would take gigabytes.
    if stacks <= 4096 {
        println!("stacks {}", beginnings(&snapshot.to_folded(Measure::Allocated)));
    }
    snapshot.notes().iter().for_each(|note| println!("note {note}"));
    for (by, name) in
        [(By::Line, "line"), (By::Function, "function"), (By::File, "file"), (By::Crate, "crate")]
    {
        print(&format!("own {name}"), snapshot.statistics(by));
        print(&format!("cumulative {name}"), snapshot.statistics_cumulative(by));
    }
}

/// How many stacks there are, and beginnings of stacks.
fn beginnings(folded: &str) -> usize {
    let stacks = folded.lines().filter_map(|line| line.rsplit_once(' '));
    let beginnings = stacks.flat_map(|(stack, _)| {
        let ends = stack.match_indices(';').map(|(end, _)| end).chain([stack.len()]);
        ends.map(|end| &stack[..end])
    });
    beginnings.collect::<BTreeSet<_>>().len()
}

fn print(title: &str, mut statistics: Vec<Statistic>) {
    statistics.sort_by(|one, other| one.name.cmp(&other.name));
    for Statistic { name, size, count, peak_size, peak_count, .. } in &statistics {
        println!("{title} {name}: {size} {count} {peak_size} {peak_count}");
    }
    for one in &statistics {
        let Statistic { name, allocated_size, allocated_count, reallocations, temporary, .. } = one;
        let more = format!("{allocated_size} {allocated_count} {reallocations} {temporary}");
        println!("{title} {name}, allocated: {more}");
    }
}
