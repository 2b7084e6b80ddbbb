//! Views that leave rows out, each by a rule that is stated here.

use std::collections::BTreeMap;

use mem_profile_format::report::{self, Format, Style};
use mem_profile_format::{Backend, FunctionSnapshot, LineSnapshot, Snapshot};

use super::programs::recordings;
use super::{body, total};
use crate::check::{Limits, judge};
use crate::order::Order;

fn rows(snapshot: &Snapshot) -> impl Iterator<Item = (&FunctionSnapshot, &LineSnapshot)> + Clone {
    snapshot.functions.iter().flat_map(|function| body(function).map(move |line| (function, line)))
}

/// `top` has the rows that ran.
#[cfg(feature = "tui")]
#[test]
fn top_has_every_row_that_ran() {
    for (program, recording) in recordings() {
        let snapshot = &recording.snapshot;
        let shown = crate::view::top::lines(&snapshot.functions);
        for (function, line) in rows(snapshot).filter(|(_, line)| line.ran()) {
            let is_shown = shown.contains(&(function.name.clone(), line.line));
            assert!(is_shown, "{program}: {}:{}", function.name, line.line);
        }
    }
}

/// An lcov file has each executed line once, with all its executions.
#[test]
fn lcov_has_every_line_that_started() {
    for (program, recording) in recordings() {
        let functions = &recording.snapshot.functions;
        let mut expected = BTreeMap::new();
        for (function, line) in
            functions.iter().flat_map(|it| it.lines.iter().map(move |line| (it, line)))
        {
            *expected.entry((&*function.file, line.line)).or_insert(0) +=
                line.occurrences.unwrap_or(0);
        }
        expected.retain(|_, hits| *hits > 0);
        let text = report::render(&recording.snapshot, Format::Lcov, &Style::default());
        let hits: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("DA:")).collect();
        let expected: Vec<_> =
            expected.iter().map(|((_, line), hits)| format!("{line},{hits}")).collect();
        assert_eq!(hits, expected, "{program}");
    }
}

/// A row with a tenth of all increments and peaks is coloured. An entry never is.
#[test]
fn colours_are_shares_of_the_body() {
    let weight = |line: &LineSnapshot| {
        line.increment.unwrap_or(0).max(0).unsigned_abs().max(line.peak.unwrap_or(0))
    };
    for (program, recording) in recordings() {
        for function in &recording.snapshot.functions {
            let only = Snapshot { functions: vec![function.clone()], ..recording.snapshot.clone() };
            let style = Style { color: true, ..Style::default() };
            let text = report::render(&only, Format::Table, &style);
            let rows = text.lines().skip_while(|line| !line.starts_with("===")).skip(1);
            let whole: u64 = body(function).map(weight).sum();
            for (row, line) in rows.zip(&function.lines) {
                let is_body = line.is_body() && weight(line) > 0;
                let is_warm = is_body && weight(line) * 10 >= whole;
                assert_eq!(row.starts_with('\u{1b}'), is_warm, "{program}: {row}");
            }
        }
    }
}

#[test]
fn the_footer_counts_the_rows_of_the_body_that_ran() {
    for (program, recording) in recordings() {
        let ran = rows(&recording.snapshot).filter(|(_, line)| line.ran()).count();
        let text = report::extent(&recording.snapshot);
        assert!(text.contains(&format!(", {ran} line")), "{program}: {text}");
    }
}

#[test]
fn functions_are_sorted_by_the_sums_of_their_rows() {
    for (program, recording) in recordings() {
        // With live blocks, a function counts with its highest line.
        let snapshot = Snapshot { paths: None, ..recording.snapshot.clone() };
        let mut functions: Vec<_> = (0..snapshot.functions.len()).collect();
        Order::Increment.sort(&mut functions, &snapshot);
        let totals: Vec<_> =
            functions.iter().map(|&index| total(&snapshot.functions[index])).collect();
        assert!(totals.is_sorted_by(|one, next| one >= next), "{program}: {totals:?}");
    }
}

/// A function keeps a limit equal to the sum of its rows, and exceeds one that is a byte lower.
#[test]
fn limits_apply_to_the_sums_of_the_rows() {
    for (program, recording) in recordings() {
        for function in &recording.snapshot.functions {
            let only = Snapshot { functions: vec![function.clone()], ..recording.snapshot.clone() };
            let Some(total) = u64::try_from(total(function)).ok().filter(|&total| total > 0) else {
                continue;
            };
            for (limit, breaches) in [(total, 0), (total - 1, 1)] {
                let text = format!("[[limit]]\nfunction = '*'\nincrement = '{limit} B'");
                let verdict = judge(&only, &Limits::parse(&text).unwrap(), None).unwrap();
                assert_eq!((verdict.judged, verdict.breaches.len()), (1, breaches), "{program}");
            }
        }
    }
}

/// A function without statements has figures of 0.
#[test]
fn a_limit_on_a_function_without_statements_can_be_judged() {
    let snapshot = crate::sample::leak();
    assert_eq!(snapshot.backend, Backend::Heap);
    let mut function = snapshot.functions[0].clone();
    function.lines.truncate(1);
    let only = Snapshot { functions: vec![function], ..snapshot };
    let limits = Limits::parse("[[limit]]\nfunction = '*'\nincrement = 0\npeak = 0").unwrap();
    assert_eq!(judge(&only, &limits, None).unwrap().judged, 2);
}
