//! The assertions of the tests of Python's memory_profiler, made here too.

use crate::harness::Run;
use mem_profile::memory_usage;
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

static RUN: LazyLock<Run> = LazyLock::new(|| {
    Run::new("memory_profiler", env!("CARGO_BIN_EXE_memory_profiler"), "memory_profiler_rows")
});

const FOREVER: Duration = Duration::from_secs(3600);

fn function(name: &str) -> &'static Value {
    let found = RUN.functions().iter().find(|function| function["name"] == name);
    found.unwrap_or_else(|| panic!("no table of {name}"))
}

/// A figure of the one line of the function that contains `source`.
fn figure(name: &str, source: &str, figure: &str) -> i64 {
    let lines = function(name)["lines"].as_array().expect("lines").iter();
    let mut found = lines.filter(|line| line["source"].as_str().expect("text").contains(source));
    let value = found.next().expect("the line")[figure].as_i64();
    assert!(found.next().is_none(), "two lines contain {source:?}");
    value.unwrap_or_else(|| panic!("no {figure} for {source:?}"))
}

#[test]
fn a_loop_of_twelve_counts_thirteen_on_its_header() {
    let name = "memory_profiler::loops_twelve_times";
    assert_eq!(figure(name, "for number", "occurrences"), 13);
    assert_eq!(figure(name, "sum +=", "occurrences"), 12);
    assert_eq!(figure(name, "let mut sum", "occurrences"), 1);
}

#[test]
fn an_allocation_raises_the_usage_by_its_increment() {
    let name = "memory_profiler::allocates_and_frees";
    let [usage, increment, occurrences] =
        ["usage", "increment", "occurrences"].map(|of| figure(name, "let value", of));
    assert_eq!((increment, occurrences), (1_000_000, 1));
    assert_eq!(usage, figure(name, "#[mem_profile]", "usage") + increment);
}

#[test]
fn freeing_is_the_negative_of_allocating() {
    let name = "memory_profiler::allocates_and_frees";
    let freed = figure(name, "drop(value)", "increment");
    assert_eq!(freed, -figure(name, "let value", "increment"));
    let entry = figure(name, "#[mem_profile]", "usage");
    assert_eq!(figure(name, "drop(value)", "usage"), entry);
}

#[test]
fn an_allocation_in_a_loop_counts_every_time() {
    let name = "memory_profiler::allocates_three_times";
    assert_eq!(figure(name, "all.push", "occurrences"), 3);
    assert_eq!(figure(name, "all.push", "increment"), 3_000_000);
    let highest = figure(name, "#[mem_profile]", "usage") + 72 + 3_000_000;
    assert_eq!(figure(name, "all.push", "usage"), highest);
}

#[test]
fn every_order_of_magnitude_is_exact() {
    let name = "memory_profiler::of_any_size";
    assert_eq!(figure(name, "bytes(size)", "increment"), 111_111_100);
    assert_eq!(figure(name, "bytes(size)", "peak"), 100_000_000);
}

#[test]
fn a_function_keeps_its_name_or_the_one_it_was_given() {
    assert_eq!(function("given a name")["calls"], 1);
    let names = RUN.functions().iter().map(|function| function["name"].as_str());
    let names: Vec<_> = names.map(|name| name.expect("a name")).collect();
    let own = names.iter().filter(|name| name.starts_with("memory_profiler::")).count();
    assert_eq!((own, names.len()), (4, 5));
}

#[test]
fn memory_usage_passes_arguments_and_returns_the_value() {
    let (mut runs, first, second) = (0, 3, 4);
    let usage = memory_usage(FOREVER, || {
        runs += 1;
        first * 10 + second
    });
    assert_eq!((usage.value, runs), (34, 1));
    assert!(usage.samples.iter().all(|sample| (1..=usage.max).contains(&sample.bytes)));
    assert_eq!(usage.samples.len(), 2);
}

#[test]
fn memory_usage_sees_what_is_held_for_a_while() {
    const SIZE: usize = 100 << 20;
    let before = memory_usage(FOREVER, || ()).max;
    let usage = memory_usage(Duration::from_millis(1), || {
        let held = std::hint::black_box(vec![1_u8; SIZE]);
        std::thread::sleep(Duration::from_millis(50));
        held.len()
    });
    assert_eq!(usage.value, SIZE);
    // Other tests run at the same time, and none of them takes this much.
    assert!(usage.max - before > SIZE as u64 * 9 / 10);
}

#[test]
fn memory_usage_passes_a_panic_on_and_does_not_hang() {
    let start = Instant::now();
    let fails = || memory_usage(FOREVER, || std::panic::resume_unwind(Box::new("expected")));
    let payload = catch_unwind(AssertUnwindSafe(fails)).expect_err("the closure panics");
    assert_eq!(payload.downcast_ref(), Some(&"expected"));
    assert!(start.elapsed() < Duration::from_secs(60));
}
