//! Allocators around and inside the counting one.

use std::time::Duration;

use crate::run::{Report, bin, json, run, within};

#[test]
fn every_request_is_forwarded_unchanged_and_counted_if_it_succeeds() {
    let (ended, report) = json(&mut bin!("probed"));
    // Alloc, alloc_zeroed, realloc and dealloc, as in the source of `requests`.
    assert_eq!(ended.stdout, "[3, 2, 4, 1]\n");
    for (line, expected) in [
        ("let plain", (1000, 1000, 1, 1)),
        ("let zeroed", (2000, 2000, 1, 1)),
        ("let aligned", (100, 100, 1, 1)),
        ("let grown", (4000, 4000, 0, 1)),
        ("let shrunk", (-1500, 0, 0, 1)),
        ("let same", (0, 0, 0, 1)),
        ("let failed =", (0, 0, 0, 1)),
        ("let failed_zeroed =", (0, 0, 0, 1)),
        ("let failed_growth =", (0, 0, 0, 1)),
        ("dealloc(aligned", (-100, 0, 0, 1)),
    ] {
        assert_eq!(report.heap("requests", line), expected, "{line}");
    }
}

#[test]
fn wrapping_twice_counts_once() {
    let (ended, report) = json(&mut bin!("twice"));
    // 201 calls, 200 of them on short-lived threads.
    assert_eq!(report.heap("work", "vec![1_u8"), (201_000, 1000, 201, 201));
    assert_eq!(report.heap("work", "reserve_exact"), (201 * 4000, 5000, 201, 201));
    assert_eq!(report.heap("work", "vec![0_u8"), (201 * 300, 300, 201, 201));
    assert_eq!(report.heap("work", "drop(scratch)"), (-201 * 300, 0, 0, 201));
    assert_eq!(ended.stdout, "0\n", "bytes lost or counted twice");
}

#[test]
fn an_allocator_with_annotated_methods_neither_hangs_nor_recurses() {
    let command = &mut bin!("annotated_allocator");
    let ended = within(Duration::from_secs(60), command.env("MEM_PROFILE_FORMAT", "json"));
    assert_eq!((ended.code(), ended.stdout.as_str()), (Some(0), "1008\n"));
    let report = Report::parse(&ended.stderr);
    assert_eq!(report.heap("work", "let kept"), (9000, 1000, 9, 9));
    assert_eq!(report.heap("work", "let scratch"), (2700, 300, 9, 9));
    let calls = |method: &str| {
        let mut all = report.0.functions.iter();
        all.find(|function| function.name.ends_with(method)).expect(method).calls
    };
    // Nine times two blocks, and a few of the standard library.
    assert!((18..200).contains(&calls("::alloc")), "{}", calls("::alloc"));
    assert!((18..200).contains(&calls("::dealloc")), "{}", calls("::dealloc"));
}

#[test]
fn zeroes_that_are_never_accessed_take_no_memory() {
    let peak_kib = |ended: crate::run::Ended| ended.stdout.trim().parse::<u64>().unwrap();
    let with = peak_kib(run(&mut bin!("counted", "zeroed")));
    let without = peak_kib(run(&mut bin!("uncounted", "zeroed")));
    assert!(with < 16 << 10, "{with} KiB");
    assert!(with < without + 1024, "{with} and {without} KiB");
}
