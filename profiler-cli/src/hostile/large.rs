//! Tests that no view takes quadratic time.
//!
//! Each input is so large that quadratic time takes minutes on any machine; the limit is seconds, even on
//! a busy one.

use std::time::{Duration, Instant};

use mem_profile_format::report::{self, Format, Style};
use mem_profile_format::{
    Backend, CallPath, CallPaths, FunctionSnapshot, Held, Label, LineSnapshot, Reading, Snapshot,
    Span, Timeline,
};

use crate::compare;
use crate::figures::Own;
use crate::recording::Recording;
use crate::sample::{function, ran};
use crate::timeline::{self, Sample, Series};
use crate::view::plot::{self, Chart};
use crate::view::{flame, folded, html, pprof, speedscope};

/// Time limit: a quadratic view would need hundreds of times this.
fn within_seconds<T>(seconds: u64, run: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let result = run();
    assert!(began.elapsed() < Duration::from_secs(seconds), "{:?}", began.elapsed());
    result
}

fn snapshot(functions: Vec<FunctionSnapshot>) -> Snapshot {
    Snapshot { functions, ..Snapshot::empty(Backend::Heap) }
}

fn line(number: u32, source: &str) -> LineSnapshot {
    ran(number, source, (100, 0, 100, 1, 1))
}

/// A run of 200 seconds, with these functions open all the time, one in each thread and level.
fn busy(names: impl Iterator<Item = String>) -> plot::Run {
    let sample = |time: u32| Sample { time: f64::from(time) / 100.0, bytes: u64::from(time % 977) };
    let samples = (0..20_000).map(sample).collect();
    let call = |(at, function): (u32, String)| timeline::Span {
        function,
        start: sample(0),
        end: sample(19_999),
        level: at % 100,
        thread: at / 100,
    };
    let memory = Series { samples, mark: None };
    let spans = (0..).zip(names).map(call).collect();
    let timeline = timeline::Timeline { memory, spans, ..Default::default() };
    plot::Run { name: String::new(), timeline }
}

#[test]
fn ten_thousand_functions_are_plotted_in_a_bounded_picture() {
    let runs = [busy((0..10_000).map(|at| format!("app::m{at}::work")))];
    for flame in [false, true] {
        let options = plot::Options { flame, ..plot::Options::default() };
        let chart = within_seconds(20, || Chart::new(&runs, &options).unwrap());
        let picture = within_seconds(20, || plot::svg(&chart, 900, None));
        // 120 rows, each with all bars of a colour in one element, and the elements around them.
        assert!(picture.matches("<path").count() < 300, "{}", picture.matches("<path").count());
        assert_eq!(picture.contains("10000 threads and levels in 120 rows"), flame);
        assert!(plot::terminal(&chart, 100).contains("and 9988 more functions"));
    }
}

#[test]
fn labels_of_paths_with_a_long_end_in_common_are_found() {
    let end = "a::".repeat(100_000) + "z";
    let paths: Vec<_> = (0..20).map(|at| format!("m{at}::{end}")).collect();
    let labels = within_seconds(20, || timeline::labels(paths.iter().map(String::as_str)));
    assert!(paths.iter().all(|path| labels[path.as_str()] == path));
}

#[test]
fn ten_thousand_functions_of_one_name_call_each_other() {
    let calls = "new(".repeat(100);
    let lines = |increment| vec![line(1, "fn new() {"), ran(2, &calls, (increment, 0, 0, 0, 1))];
    let of = |at: i64| function(&format!("m{at}::new"), "src/m.rs", 1, lines(at));
    let recording = Recording {
        snapshot: snapshot((0..10_000).map(of).collect()),
        program: None,
        incomplete: None,
    };
    let page = within_seconds(20, || html::render(&recording));
    assert!(page.len() > 4_000_000);
}

#[test]
fn a_hundred_thousand_calls_in_each_other_are_drawn() {
    let lines = (1..1001).map(|at| line(at, "work();")).collect();
    let own = Held { at_peak: 8, ..Held::default() };
    let path = |at: usize| {
        let line = u32::try_from(at % 999).unwrap() + 2;
        CallPath {
            caller: at.checked_sub(1),
            function: 0,
            line,
            is_recursive: at.is_multiple_of(3),
            own,
        }
    };
    let mut snapshot = snapshot(vec![function("app::f", "src/f.rs", 1, lines)]);
    let all = (0..100_000).map(path).collect();
    snapshot.paths = Some(CallPaths { all, ..CallPaths::default() });
    let picture = within_seconds(20, || flame::render(&snapshot, Own::AtPeak).unwrap());
    assert!(picture.len() < 1 << 20, "{}", picture.len());
    assert!(
        within_seconds(20, || folded::render(&snapshot, Own::AtPeak).unwrap()).len() < 64 << 20
    );
    within_seconds(20, || speedscope::render(&snapshot, Own::AtPeak).unwrap());
    within_seconds(20, || pprof::render(&snapshot, Own::AtPeak).unwrap());
    assert_eq!(within_seconds(20, || snapshot.paths.unwrap().calls()).len(), 999);
}

#[test]
fn a_hundred_thousand_lines_that_all_changed_are_paired_by_their_order() {
    let lines = |what: &str| (1..100_001).map(|at| line(at, &format!("{what}({at});"))).collect();
    let [before, after] =
        ["old", "new"].map(|what| snapshot(vec![function("a::f", "a.rs", 1, lines(what))]));
    let compared = within_seconds(60, || compare::compare(&before, &after).unwrap());
    assert!(compared[0].is_by_order);
    let note = compare::note(&compared).unwrap();
    assert!(note.starts_with("lines of a::f are paired by their order"), "{note}");
    let is_paired = |it: &&compare::Change| it.before.is_some() && it.moved_from.is_none();
    // All except the entry.
    assert_eq!(compared[0].lines.iter().filter(is_paired).count(), 99_999);
}

#[test]
fn ten_thousand_functions_and_lines_are_found_where_they_moved_to() {
    let of = |at: u32, name: &str| {
        let lines = vec![line(1, "fn f() {"), line(2, &format!("work({at})"))];
        function(&format!("{name}{at}"), &format!("{name}.rs"), 1, lines)
    };
    let before = snapshot((0..50_000).map(|at| of(at, "old")).collect());
    let after = snapshot((0..50_000).rev().map(|at| of(at, "new")).collect());
    let compared = within_seconds(20, || compare::compare(&before, &after).unwrap());
    assert!(compared.len() == 50_000 && compared.iter().all(|it| it.function.before.is_some()));
}

#[test]
fn fifty_thousand_named_blocks_that_are_open_at_the_peak_are_listed_once() {
    let span = |label| Span { label, bytes_at_start: 5, level: label, ..Span::default() };
    let label = |at: u32| Label { name: format!("block {at}"), is_block: true, omitted: 0 };
    let timeline = Timeline {
        samples: vec![Reading { time: 9, bytes: 9, resident: None }],
        spans: (0..50_000).chain(0..50_000).map(span).collect(),
        labels: (0..50_000).map(label).collect(),
        ..Timeline::default()
    };
    let snapshot = Snapshot { timeline: Some(timeline), ..snapshot(vec![]) };
    let recording = Recording { snapshot, program: None, incomplete: None };
    let page = within_seconds(20, || html::render(&recording));
    let data = page.split_once(" id=\"data\">").unwrap().1.split_once("</script>").unwrap().0;
    let read: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(read["timeline"]["peak"]["rows"].as_array().unwrap().len(), 50_000);
}

#[test]
fn a_line_of_a_million_tabs_is_in_every_format() {
    let lines = vec![line(1, "fn f() {"), line(2, &("\t".repeat(1_000_000) + "x"))];
    let snapshot = snapshot(vec![function("a::f", "a.rs", 1, lines)]);
    for format in [Format::Table, Format::Markdown, Format::Csv, Format::Json] {
        let shown = within_seconds(20, || report::render(&snapshot, format, &Style::default()));
        assert!(shown.lines().count() < 20);
    }
}
