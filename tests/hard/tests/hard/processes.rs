//! Forked children, and memory over time of this and other processes.

use crate::run::{bin, json, writes};

#[test]
fn a_forked_child_that_exits_does_not_report() {
    for backend in ["heap", "rss"] {
        let command = &mut bin!("forks", "exits");
        let (status, writes) = writes(command.env("MEM_PROFILE_BACKEND", backend));
        assert_eq!(status.code(), Some(0));
        assert_eq!(writes.len(), 1, "{writes:?}");
    }
}

#[test]
fn a_forked_child_measures_itself() {
    const SIZE: i64 = 4096 * 4096;
    /// Pages of code and data that run for the first time.
    const SLACK: i64 = 512 << 10;
    for (backend, slack) in [("heap", 0), ("rss", SLACK)] {
        let command = &mut bin!("forks", "measures");
        let (ended, report) = json(command.env("MEM_PROFILE_BACKEND", backend));
        let lines: Vec<_> = ended.stdout.lines().collect();
        let [child, before, parent] = lines[..] else { panic!("{lines:?}") };
        assert_eq!(before, "parent 1", "the child's function is none of the parent's");
        for line in [child, parent] {
            let increment: i64 = line.split_once(' ').unwrap().1.parse().unwrap();
            assert!((SIZE..=SIZE + slack).contains(&increment), "{backend}: {line}");
        }
        assert_eq!(report.function("fill").calls, 1);
    }
}

#[test]
fn forks_of_a_busy_process_work_and_lose_nothing() {
    let (ended, report) = json(&mut bin!("forks", "with_threads"));
    assert_eq!(ended.code(), Some(0));
    let (increment, peak, allocations, turns) = report.heap("step", "let kept");
    let freed = report.function("step").lines.last().unwrap();
    assert_eq!(ended.stdout.trim().parse(), Ok(increment));
    // The main thread's 1,000 bytes, and 100 for each iteration of the other threads.
    assert_eq!(increment, 1000 + 100 * (turns.cast_signed() - 1));
    assert_eq!((allocations, peak), (turns, 1000));
    assert_eq!((freed.increment, freed.occurrences), (Some(-increment), Some(turns)));
}

#[test]
fn the_memory_of_a_closure_is_sampled() {
    let (status, stderr) = writes(&mut bin!("usage", "closure"));
    assert!(status.success() && stderr.is_empty(), "no function is annotated: {stderr:?}");
    let numbers = numbers("closure");
    let [value, runs, samples, rise] = numbers[..] else { panic!("{numbers:?}") };
    assert_eq!((value, runs), (64 << 20, 1));
    // 200 ms at one sample per 5 ms, on a machine that may be busy.
    assert!((5..=200).contains(&samples), "{samples}");
    assert!((64 << 20..80 << 20).contains(&rise), "{rise}");
}

#[test]
fn children_count_when_they_are_included() {
    let numbers = numbers("children");
    assert!((64 << 20..80 << 20).contains(&numbers[0]), "{numbers:?}");
}

#[test]
fn another_process_is_watched_until_it_ends() {
    let ended = crate::run::run(&mut bin!("usage", "process"));
    let fields: Vec<_> = ended.stdout.split_whitespace().collect();
    let [timed, whole, gone] = fields[..] else { panic!("{fields:?} {}", ended.stderr) };
    for size in [timed, whole] {
        let size: u64 = size.parse().unwrap();
        assert!((64 << 20..80 << 20).contains(&size), "{size}");
    }
    assert_eq!(gone, "NotFound");
}

fn numbers(scene: &str) -> Vec<u64> {
    let ended = crate::run::run(&mut bin!("usage", scene));
    assert!(ended.status.success(), "{}", ended.stderr);
    ended.stdout.split_whitespace().map(|number| number.parse().unwrap()).collect()
}

#[test]
fn a_library_that_is_only_called_by_others_reports() {
    let (ended, report) = json(&mut bin!("indirect"));
    assert_eq!(ended.stdout, "332833500\n");
    assert_eq!(report.heap("squares", "collect"), (8000, 8000, 1, 1));
    assert_eq!(report.0.functions[0].name, "hard::squares");
    assert_eq!(report.0.functions[0].file, "tests/hard/src/lib.rs");
}
