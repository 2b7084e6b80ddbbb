//! Requests of a program while it runs.

use crate::run::{bin, json, run, writes};

#[test]
fn reports_by_request_come_as_well_as_the_one_at_the_end() {
    let (status, writes) = writes(bin!("counted", "report_twice").env("MEM_PROFILE_FORMAT", "csv"));
    assert_eq!((status.code(), writes.len()), (Some(3), 3));
    let column = |text: &str, name: &str| {
        let mut rows = text.lines().map(|row| row.split(',').collect::<Vec<_>>());
        let index = rows.next().unwrap().iter().position(|title| *title == name).unwrap();
        let row = rows.find(|row| row.last().unwrap().contains("let kept")).unwrap();
        row[index].parse::<i64>().unwrap()
    };
    let increments: Vec<_> = writes.iter().map(|text| column(text, "increment")).collect();
    assert_eq!(increments, [1 << 20, 2 << 20, 2 << 20]);
    let occurrences: Vec<_> = writes.iter().map(|text| column(text, "occurrences")).collect();
    assert_eq!(occurrences, [1, 2, 2]);
}

#[test]
fn a_reset_forgets_everything() {
    let ended = run(bin!("counted", "reset").env("MEM_PROFILE_FORMAT", "none"));
    let expected = "\
counted::grow 1 Some(1048576)
counted::shrink 1 Some(3000)
0 functions
counted::grow 1 Some(1048576)
counted::shrink 1 Some(3000)
";
    assert_eq!(ended.stdout, expected);
}

#[test]
fn a_snapshot_has_the_exact_bytes_of_the_process() {
    let (ended, report) = json(&mut bin!("counted", "snapshot"));
    assert_eq!(ended.stdout, "0 1048576\n1048576\n");
    assert_eq!(report.function("grow").calls, 1);
}
