use super::*;
use crate::compare::compare;
use crate::sample;

fn limits(text: &str) -> Limits {
    Limits::parse(text).unwrap()
}

fn judged(text: &str) -> Result<Verdict> {
    judge(&sample::leak(), &limits(text), None)
}

fn refusal(result: Result<Verdict>) -> String {
    format!("{:#}", result.unwrap_err())
}

/// The verdict on a changed sample, compared with the sample itself.
fn grown(text: &str, change: impl FnOnce(&mut Snapshot)) -> Result<Verdict> {
    let mut after = sample::leak();
    change(&mut after);
    let comparison = compare(&sample::leak(), &after)?;
    judge(&after, &limits(text), Some(comparison.as_slice()))
}

#[test]
fn a_figure_that_one_recording_lacks_is_said_and_not_compared() {
    let growth = "baseline = 'b.json'\n[growth]\nshare = '0%'\nslack = 0\nmeasures = ['peak']";
    let without = |snapshot: &mut Snapshot| {
        snapshot.functions.iter_mut().for_each(|function| function.peak = None);
        snapshot.functions[0].lines[3].peak = None;
    };
    let all = grown(growth, |_| {}).unwrap().judged;
    let verdict = grown(growth, without).unwrap();
    assert_eq!(verdict.breaches, []);
    insta::assert_snapshot!(verdict.notes.join("\n"), @"leak::process and 2 more functions: peak is not compared, because one recording lacks it");
    // The other way round: the baseline has none, and is not taken for 0.
    let mut baseline = sample::leak();
    without(&mut baseline);
    let comparison = compare(&baseline, &sample::leak()).unwrap();
    let other = judge(&sample::leak(), &limits(growth), Some(comparison.as_slice())).unwrap();
    assert_eq!((other.breaches, other.notes), (vec![], verdict.notes));
    assert_eq!((verdict.judged, other.judged), (all - 4, all - 4));
}

#[test]
fn a_figure_at_its_limit_passes_and_one_above_does_not() {
    let limit = |bytes: u64| format!("[[limit]]\nfunction = 'leak::process'\nincrement = {bytes}");
    assert_eq!(judged(&limit(100_050_000)).unwrap().breaches, []);
    let verdict = judged(&limit(100_049_999)).unwrap();
    let expected = Breach {
        function: "leak::process".into(),
        file: "examples/leak.rs".into(),
        line: 35,
        source: "        let text = \"x\".repeat(100_000);".into(),
        measure: Measure::Increment,
        figure: 100_050_000,
        limit: 100_049_999,
        baseline: None,
    };
    assert_eq!((verdict.judged, verdict.breaches), (1, vec![expected]));
}

#[test]
fn every_figure_can_be_limited_and_the_worst_comes_first() {
    let verdict = judged(
        "[[limit]]\nfunction = '*'\nincrement = '1 GiB'\npeak = '1 MiB'\nallocated = '100 MiB'\n\
         allocs = 1001",
    );
    let verdict = verdict.unwrap();
    let found = verdict.breaches.iter().map(|it| (it.function.as_str(), it.measure, it.line));
    let expected = [
        ("audit::log", Measure::Allocated, 21),
        ("audit::log", Measure::Peak, 21),
        ("audit::log", Measure::Allocs, 21),
        ("leak::process", Measure::Allocs, 35),
    ];
    assert_eq!((found.collect::<Vec<_>>(), verdict.judged), (expected.to_vec(), 12));
}

#[test]
fn growth_is_allowed_by_share_or_by_slack_whichever_is_more() {
    let base =
        "baseline = 'x'\n[growth]\nshare = '10 %'\nslack = '1000 B'\nmeasures = ['increment']";
    let line = |index: usize, bytes: i64| {
        move |after: &mut Snapshot| after.functions[0].lines[index].increment = Some(bytes)
    };
    for (change, exceeded) in [
        (line(4, 110_000_000), false),
        (line(4, 110_000_001), true),
        (line(2, 1_000), false),
        (line(2, 1_001), true),
    ] {
        let verdict = grown(base, change).unwrap();
        assert_eq!(!verdict.breaches.is_empty(), exceeded, "{verdict:?}");
        assert_eq!(verdict.judged, if exceeded { 13 } else { 14 });
    }
}

#[test]
fn a_function_grows_by_many_lines_that_grow_little() {
    let verdict = grown("baseline = 'x'\n[growth]\nslack = '9 B'", |after| {
        for line in &mut after.functions[1].lines[1..] {
            line.increment = line.increment.map(|bytes| bytes + 8);
        }
    });
    let breaches = verdict.unwrap().breaches;
    let found = breaches.iter().map(|it| (it.function.as_str(), it.source.as_str(), it.figure));
    assert_eq!(found.collect::<Vec<_>>(), [("text::parse", "", 24)]);
}

#[test]
fn new_functions_have_grown_from_nothing_and_missing_ones_are_listed() {
    let verdict = grown("baseline = 'x'", |after| {
        after.functions[2].name = "audit::renamed".into();
        after.functions[2].lines[1].source = "    rewritten();".into();
    });
    let verdict = verdict.unwrap();
    assert_eq!(verdict.missing, ["audit::log"]);
    let found = verdict.breaches.iter().map(|it| (it.function.as_str(), it.measure, it.baseline));
    assert_eq!(found.collect::<Vec<_>>(), [("audit::renamed", Measure::Peak, Some(0))]);
}

#[test]
fn a_limit_that_cannot_be_judged_is_an_error() {
    insta::assert_snapshot!(refusal(judged("[[limit]]\nfunction = 'x::*'\npeak = 1")), @"no function that ran matches the limit on `x::*`: correct the pattern, or remove the limit");
    let peak = limits("[[limit]]\nfunction = '*'\npeak = 1");
    insta::assert_snapshot!(refusal(judge(&sample::resident(), &peak, None)), @"
    peak is not measured with rss: install mem_profile::Alloc in the program, or remove the limit
    ");
    let empty = Snapshot { functions: vec![], ..sample::leak() };
    insta::assert_snapshot!(refusal(judge(&empty, &peak, None)), @"nothing was measured: run the program with MEM_PROFILE=on and no filter");
    let strangers = grown("baseline = 'x'", |after| {
        after.functions.truncate(1);
        after.functions[0].name = "other".into();
        after.functions[0].lines[2].source = "    other();".into();
    });
    insta::assert_snapshot!(refusal(strangers), @"the baseline has no function in common with the recording: record a new baseline");
}

#[test]
fn own_bytes_are_judged_where_they_are_recorded() {
    let limit = "[[limit]]\nfunction = 'audit::log'\nat-peak = '299 MB'\nlive = 0";
    let verdict = judge(&sample::by_line(), &limits(limit), None).unwrap();
    let found = verdict.breaches.iter().map(|it| (it.measure, it.line, it.figure));
    assert_eq!(found.collect::<Vec<_>>(), [(Measure::AtPeak, 21, 300_000_000)]);
    insta::assert_snapshot!(refusal(judged(limit)), @"at-peak is not recorded: record with MEM_PROFILE_LIVE=1, or remove the limit");

    let growth = limits("baseline = 'x'\n[growth]\nmeasures = ['at-peak']");
    let mut after = sample::by_line();
    after.functions[0].lines[7].at_peak = Some(200_000);
    let comparison = compare(&sample::by_line(), &after).unwrap();
    let verdict = judge(&after, &growth, Some(comparison.as_slice())).unwrap();
    let found = verdict.breaches.iter().map(|it| (it.line, it.figure, it.baseline));
    assert_eq!(found.collect::<Vec<_>>(), [(38, 200_000, Some(100_000))]);
    let comparison = compare(&sample::leak(), &after).unwrap();
    insta::assert_snapshot!(refusal(judge(&after, &growth, Some(comparison.as_slice()))), @"at-peak is not recorded: record with MEM_PROFILE_LIVE=1, or remove the limit");
}

#[test]
fn resident_memory_is_judged_by_increment_alone() {
    let (before, after) = (sample::resident(), sample::resident());
    let comparison = compare(&before, &after).unwrap();
    let verdict = |text| judge(&after, &limits(text), Some(comparison.as_slice()));
    assert_eq!(verdict("baseline = 'x'").unwrap().judged, 14);
    let refused = refusal(verdict("baseline = 'x'\n[growth]\nmeasures = ['peak']"));
    insta::assert_snapshot!(refused, @"
    peak is not measured with rss: install mem_profile::Alloc in the program, or remove the limit
    ");
}
