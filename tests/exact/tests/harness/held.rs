//! Live blocks by line against the comments, and against the bytes of the whole process.

use serde_json::Value;

use super::row::{self, Row};
use super::{Run, check, rows};

/// Compares what each line holds with the comments, if the program states any, and the sums with the process. All
/// other figures are those of a run without live blocks.
pub(crate) fn check_held(run: &Run) {
    check(run);
    check_sums(run);
    if run.source.iter().any(|line| row::held(line, &run.reported.values) != [None, None]) {
        check_lines(run);
    }
}

/// The same of a program whose lines were found by its stacks.
///
/// A closure that is an expression has a line of its own there, and small steps of several threads leave other marks.
#[cfg(feature = "trace")]
pub(crate) fn check_traced(run: &Run) {
    check_sums(run);
    if !["held_by_closures", "held_below_a_step"].contains(&run.name.as_str()) {
        check_lines(run);
    }
}

fn check_lines(run: &Run) {
    let rows = run.functions().iter().flat_map(rows).filter(|row| row.occurrences.is_some());
    let wrong: Vec<_> = rows.filter_map(|row| difference(run, &row)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn difference(run: &Run, row: &Row) -> Option<String> {
    let stated = row::held(&run.source[row.line - 1], &run.reported.values);
    let expected = stated.map(|figure| Some(figure.unwrap_or(0)));
    let (location, measured) = (run.location(row.line), row.held);
    (measured != expected).then(|| {
        format!("{location}: at the peak and live: expected {expected:?}, measured {measured:?}")
    })
}

/// Every byte of the process is on one path, at the peak and at the end.
fn check_sums(run: &Run) {
    let paths = &run.recording["paths"];
    let own = paths["all"].as_array().expect("paths").iter().map(|path| &path["own"]);
    let all: Vec<_> = own.chain([&paths["outside"], &paths["unattributed"]]).collect();
    let sum = |name: &str| all.iter().map(|held| number(&held[name])).sum::<i64>();
    let process = &run.recording;
    assert_eq!(sum("live"), number(&process["process_bytes"]), "{}: live bytes", run.name);
    let peak = &process["peak"];
    let (measured, uncertainty) = (number(&peak["bytes"]), number(&peak["uncertainty"]));
    let difference = (sum("at_peak") - measured).abs();
    assert!(difference <= uncertainty, "{}: {difference} bytes at the peak", run.name);
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is no number"))
}
