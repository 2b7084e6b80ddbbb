//! Signal handlers that allocate and call annotated functions, at any moment.

use crate::run::{bin, json};

/// Checks that the count of `interrupted`'s allocator between two moments is the process's growth, and
/// the sum of the lines of the function that ran in between. Returns the number of signals.
fn is_exact(kind: &str, count: &str, environment: &[(&str, &str)]) -> u64 {
    let mut program = bin!("interrupted", kind, count);
    let (ended, report) = json(program.envs(environment.iter().copied()));
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    let figures: Vec<i64> =
        ended.stdout.split_whitespace().map(|word| word.parse().unwrap()).collect();
    let [signals, bytes, process, blocks, ref by_line @ ..] = figures[..] else {
        panic!("{figures:?}")
    };
    let lines = &report.function("interrupted").lines[1..];
    let increments: i64 = lines.iter().filter_map(|line| line.increment).sum();
    let allocations: u64 = lines.iter().filter_map(|line| line.allocations).sum();
    assert_eq!((process, increments, allocations as i64), (bytes, bytes, blocks));
    let is_live = environment.iter().any(|(name, _)| *name == "MEM_PROFILE_LIVE");
    let expected = if is_live { &[bytes, blocks][..] } else { &[] };
    assert_eq!(by_line, expected, "live and requested, by line");
    signals as u64
}

#[test]
fn a_handler_after_any_instruction_loses_no_block() {
    assert!(is_exact("step", "100000", &[]) >= 100_000);
}

#[test]
fn a_handler_loses_no_block_while_a_timeline_is_recorded() {
    assert!(is_exact("step", "30000", &[("MEM_PROFILE_TIMELINE", "on")]) >= 30_000);
}

#[test]
fn a_handler_loses_no_block_of_a_line() {
    let environment = [("MEM_PROFILE_LIVE", "on")];
    assert!(is_exact("step", "60000", &environment) >= 60_000);
    is_exact("storm", "1", &environment);
}

#[test]
fn a_storm_of_handlers_loses_no_block() {
    is_exact("storm", "1", &[]);
}

/// `cargo test -p hard -- --ignored two_million`
#[test]
#[ignore = "takes minutes"]
fn two_million_signals_lose_no_block() {
    assert!(is_exact("step", "2000000", &[]) >= 2_000_000);
    is_exact("storm", "30", &[]);
    let environment = [("MEM_PROFILE_LIVE", "on")];
    assert!(is_exact("step", "2000000", &environment) >= 2_000_000);
    is_exact("storm", "30", &environment);
}
