//! Many functions, many calls, many events, and great depth.

use crate::run::{bin, json, run};

#[test]
fn a_thousand_functions_report() {
    let (ended, report) = json(&mut bin!("functions"));
    assert_eq!(ended.stdout, "10000\n");
    assert_eq!(report.0.functions.len(), 1000);
    let mut names = report.names();
    names.dedup();
    assert_eq!(names.len(), 1000);
    assert_eq!((names[0], names[999]), ("all::m0::m0::m0", "all::m9::m9::m9"));
    for function in &report.0.functions {
        let line = function.lines.last().unwrap();
        assert_eq!((line.increment, line.allocations), (Some(10), Some(1)), "{}", function.name);
    }
}

/// The growth in pages of a scene of `endurance`, all of whose code has run before.
fn growth(scene: &str) -> u64 {
    let ended = run(bin!("endurance", scene).env("MEM_PROFILE_FORMAT", "none"));
    ended.stdout.trim().parse().expect("a number of pages")
}

#[test]
fn events_and_calls_take_no_memory() {
    assert!(growth("events") <= 2);
    assert!(growth("calls") <= 2);
}

#[test]
fn threads_that_have_ended_take_no_memory() {
    // With a record for each of them, 500 threads would take more than 500 pages.
    assert!(growth("threads") <= 16);
}

#[test]
fn no_event_and_no_call_is_lost() {
    let (_, report) = json(&mut bin!("endurance", "events"));
    assert_eq!(report.line("count", "sum += turn").occurrences, Some(40_000_000));
    let (_, report) = json(&mut bin!("endurance", "calls"));
    assert_eq!(report.heap("call", "let kept"), (200_000_000, 100, 2_000_000, 2_000_000));
}

#[test]
fn recursion_may_be_as_deep_as_the_stack() {
    let (ended, report) = json(&mut bin!("endurance", "deep"));
    assert_eq!(ended.code(), Some(0));
    assert_eq!(report.function("descend").calls, 100_000);
    assert_eq!(report.heap("descend", "let kept"), (1_000_000, 10, 100_000, 100_000));
    // Every line below runs inside this one of the outermost call, and has its own bytes.
    let (increment, peak, _, occurrences) = report.heap("descend", "let below");
    assert_eq!((increment, peak, occurrences), (0, 999_990, 100_000));
    let freed = report.function("descend").lines.last().unwrap();
    assert_eq!((freed.increment, freed.occurrences), (Some(-1_000_000), Some(100_000)));
}

#[test]
fn memory_in_use_is_never_less_than_the_threads_own() {
    let (_, report) = json(&mut bin!("counted", "lagging"));
    let usage = report.line("hold_little", "look_at").usage.unwrap();
    assert!((544..10_000).contains(&usage), "{usage}");
}
