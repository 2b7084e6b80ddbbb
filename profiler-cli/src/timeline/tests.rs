use super::*;

fn sample(time: f64, bytes: u64) -> Sample {
    Sample { time, bytes }
}

fn series(samples: &[(f64, u64)]) -> Series {
    Series { samples: samples.iter().map(|it| sample(it.0, it.1)).collect(), mark: None }
}

fn child(id: u32, samples: &[(f64, u64)]) -> Child {
    Child { id, name: Some("app".into()), series: series(samples) }
}

fn span(function: &str, start: (f64, u64), end: (f64, u64), level: u32) -> Span {
    let (start, end) = (sample(start.0, start.1), sample(end.0, end.1));
    Span { function: function.into(), start, end, level, thread: 0 }
}

#[test]
fn a_peak_is_the_first_of_the_highest_or_the_systems_mark() {
    let mut series = series(&[(1.0, 5), (2.0, 9), (3.0, 9), (4.0, 1)]);
    let sampled = Peak { at: sample(2.0, 9), source: Source::Samples };
    assert_eq!(series.peak(), Some(sampled));
    series.mark = Some(Peak::of_system(sample(2.5, 12)));
    assert_eq!(series.peak(), series.mark);
    series.mark = Some(Peak::of_system(sample(2.5, 8)));
    assert_eq!(series.peak(), Some(sampled));
    assert_eq!(Series::default().peak(), None);
}

#[test]
fn a_trend_is_by_least_squares_from_whatever_origin() {
    let straight = series(&[(1e9, 100), (1e9 + 1.0, 300), (1e9 + 4.0, 900)]);
    let (slope, bytes) = straight.trend(1e9).unwrap();
    assert!((slope - 200.0).abs() < 1e-9 && (bytes - 100.0).abs() < 1e-9, "{slope} {bytes}");
    let crooked = series(&[(0.0, 0), (1.0, 4), (2.0, 2)]);
    assert_eq!(crooked.trend(0.0), Some((1.0, 1.0)));
    assert_eq!(series(&[(1.0, 5)]).trend(0.0), None);
    assert_eq!(series(&[(1.0, 5), (1.0, 7)]).trend(0.0), None);
    assert_eq!(series(&[]).trend(0.0), None);
}

#[test]
fn a_function_is_timed_once_however_its_calls_nest() {
    let timeline = Timeline {
        memory: series(&[(0.0, 1), (1.5, 70), (2.5, 90), (9.0, 99)]),
        spans: vec![
            span("a::inner", (1.0, 10), (2.0, 20), 1),
            span("a::outer", (0.0, 0), (4.0, 40), 0),
            span("a::inner", (1.2, 10), (1.8, 80), 2),
            span("a::inner", (3.0, 30), (3.5, 30), 1),
        ],
        ..Timeline::default()
    };
    let function = |name: &str, calls, seconds, peak| Function {
        name: name.into(),
        calls,
        omitted: Some(0),
        seconds,
        peak,
    };
    let expected = [function("a::outer", 1, 4.0, 90), function("a::inner", 3, 1.5, 80)];
    assert_eq!(functions(&timeline), expected);
}

#[test]
fn labels_are_the_shortest_ends_that_differ() {
    let dotted = ["x.z", "x.y", "x.b", "f.a.b", "g.a.b", "g.a.c", "b.c"];
    let expected = ["z", "y", "x.b", "f.a.b", "g.a.b", "a.c", "b.c"];
    let found = labels(dotted);
    assert_eq!(dotted.map(|path| found[path]), expected);
    let ours = ["app::parse::line", "app::read::line", "line", "app::main"];
    let found = labels(ours);
    assert_eq!(ours.map(|path| found[path]), ["parse::line", "read::line", "line", "main"]);
}

#[test]
fn a_window_keeps_what_touches_it() {
    let timeline = Timeline {
        memory: Series {
            mark: Some(Peak::of_system(sample(5.0, 50))),
            ..series(&[(0.0, 1), (1.0, 2), (5.0, 40)])
        },
        children: vec![child(7, &[(0.5, 1)]), child(8, &[(4.5, 1)])],
        spans: vec![span("a", (0.0, 0), (1.0, 0), 0), span("b", (2.0, 0), (9.0, 0), 0)],
        ..Timeline::default()
    };
    let window = timeline.within(1.0, 2.0);
    assert_eq!(window.memory, series(&[(1.0, 2)]));
    assert_eq!((window.children.len(), window.spans.len()), (0, 2));
    assert_eq!(timeline.within(4.0, 9.0).children, [child(8, &[(4.5, 1)])]);
    assert_eq!((timeline.start(), timeline.seconds()), (Some(0.0), 9.0));
}

#[test]
fn processes_are_added_up_at_one_time() {
    let program = [(0.0, 10), (1.0, 10), (2.0, 10), (3.0, 50)];
    let timeline = Timeline {
        memory: series(&program),
        // The first ends before the second begins, and files of `mprof` have times a little later.
        children: vec![
            child(7, &[(0.0, 90), (1.0, 60)]),
            child(8, &[(2.0, 80)]),
            child(9, &[(1.001, 25), (2.001, 1), (2.9, 5)]),
        ],
        ..Timeline::default()
    };
    assert_eq!(timeline.together(), Some((sample(0.0, 100), 2)));
    assert_eq!(timeline.within(1.0, 3.0).together(), Some((sample(1.0, 95), 3)));
    assert_eq!(timeline.within(2.0, 3.0).together(), Some((sample(2.0, 95), 3)));
    assert_eq!(Timeline { memory: series(&program), ..Timeline::default() }.together(), None);
}
