//! One report, at each kind of end of a program.

use crate::run::{Report, bin, json, run, writes};

#[test]
fn the_report_is_one_write() {
    let (status, writes) = writes(&mut bin!("counted", "work"));
    assert_eq!(status.code(), Some(3));
    assert_eq!(writes.len(), 1, "{writes:?}");
    let last = writes[0].lines().rev().nth(1).unwrap();
    assert_eq!(last, "mem-profile: 2 functions, 7 lines ran, heap");
    let first = writes[0].lines().next().unwrap();
    assert!(first.contains(" live at the end"), "{first}");
}

#[test]
fn exit_inside_a_function_reports_its_open_lines() {
    let (ended, report) = json(&mut bin!("counted", "exit"));
    assert_eq!(ended.code(), Some(7));
    assert_eq!(report.heap("leave", "let kept"), (5000, 5000, 1, 1));
    let (increment, peak, allocations, occurrences) = report.heap("leave", "exit(");
    assert_eq!((allocations, occurrences), (1, 1));
    // `std::process::exit` frees a few bytes of the runtime's own before the report.
    assert!((680..=700).contains(&increment), "{increment}");
    assert!((increment.cast_unsigned()..=700).contains(&peak), "{peak}");
    assert_eq!(report.function("leave").lines.last().unwrap().occurrences, None);
}

#[test]
fn exit_in_another_thread_reports_the_line_that_waits() {
    let (ended, report) = json(&mut bin!("counted", "exit_in_thread"));
    assert_eq!(ended.code(), Some(8));
    assert_eq!(report.heap("wait_for_the_end", "let kept"), (6000, 6000, 1, 1));
    assert_eq!(report.heap("wait_for_the_end", "sleep(&"), (900, 900, 1, 1));
    assert_eq!(report.line("wait_for_the_end", "look_at(&kept)").occurrences, None);
}

#[test]
fn a_panic_in_main_keeps_its_code_and_reports() {
    let ended = run(bin!("counted", "panic").env("MEM_PROFILE_FORMAT", "json"));
    assert_eq!(ended.code(), Some(101));
    let (message, report) = ended.stderr.split_at(ended.stderr.find("{\"schema").unwrap());
    assert!(message.contains("on purpose"), "{message}");
    let report = Report::parse(report);
    assert_eq!(report.heap("fail", "let kept"), (1 << 20, 1 << 20, 1, 1));
    // Memory that unwinding frees is on the line that panicked, minus the panic's own memory.
    let (increment, _, _, occurrences) = report.heap("fail", "assert!");
    assert_eq!(occurrences, 1);
    assert!((-(1 << 20)..-(1 << 20) + 10_000).contains(&increment), "{increment}");
    assert_eq!(report.function("fail").lines.last().unwrap().occurrences, None);
}

#[test]
fn a_thread_that_runs_on_is_in_the_report() {
    for _ in 0..20 {
        let (ended, report) = json(&mut bin!("endurance", "running"));
        assert_eq!(ended.code(), Some(0));
        let function = report.function("run_on");
        assert_eq!(function.calls, 1);
        assert_eq!(report.heap("run_on", "let mut kept"), (40, 40, 1, 1));
        let (_, peak, allocations, turns) = report.heap("run_on", "kept = vec![kept[0]");
        // The reader sees the counters between two steps of the writer.
        assert!(turns >= 1000 && allocations.abs_diff(turns) <= 1000, "{allocations} {turns}");
        assert_eq!(peak, 40);
        let (_, _, _, after) = report.heap("run_on", "TURNS.fetch_add");
        assert!(after.abs_diff(turns) <= 1000, "{after} {turns}");
    }
}
