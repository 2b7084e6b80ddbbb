//! Runs as charts.

use super::*;

#[test]
fn two_thousand_calls_have_a_row_for_each_function() {
    let chart = chart(busy(), &Options::default());
    let expected = [
        ("main", "1 call, 10 s", 1),
        ("parse::line", "1,000 calls, 1.5 s", 1),
        ("read::line", "1,000 calls, 1 s", 1),
    ];
    assert_eq!(rows(&chart), expected);
    assert_eq!(legend(&chart), [""; 0]);
    assert_eq!(chart.headline[0], "peak 100.0 MiB after 10 s, in main, the highest sample");
    let (from, to) = (chart.rows[1].bars[0].from, chart.rows[1].bars[0].to);
    assert!((from - 1.0).abs() < 0.012 && (to - 5.0).abs() < 0.012, "{from} {to}");
    let picture = svg(&chart, 1200, None);
    for (name, note, _) in expected {
        for text in [name, note] {
            assert_eq!(texts(&picture).iter().filter(|it| **it == text).count(), 1, "{text}");
        }
    }
    assert!(picture.len() < 20_000, "{}", picture.len());
}

#[test]
fn calls_that_were_left_out_are_counted() {
    let note = |omitted, options: &Options| {
        let mut timeline = busy();
        timeline.omitted.insert("app::parse::line".into(), Some(omitted));
        chart(timeline, options).rows[1].note.clone()
    };
    assert_eq!(note(3_000, &Options::default()), "4,000 calls, 25 % drawn");
    assert_eq!(note(999_000, &Options::default()), "1,000,000 calls, <1 % drawn");
    let options = Options { window: Some((0.0, 9.0)), ..Options::default() };
    assert_eq!(note(3_000, &options), "1,000 calls drawn");
}

#[test]
fn a_column_of_a_level_is_the_function_that_ran_longest_in_it() {
    let spans = vec![
        span("long", 2.0, 2.0049, 0, 0),
        span("short", 2.0049, 2.005, 0, 0),
        span("later", 6.0, 6.5, 0, 0),
        span("nothing", 8.0, 8.0, 0, 0),
    ];
    let options = Options { flame: true, ..Options::default() };
    let chart = chart(Timeline { spans, ..rising() }, &options);
    let seen = chart.rows[0].bars.iter().map(|it| (it.label.as_str(), it.from, it.to));
    let seen: Vec<_> = seen.collect();
    let names: Vec<_> = seen.iter().map(|it| it.0).collect();
    assert_eq!(names, ["long", "later", "nothing"]);
    for ((_, from, to), (begins, ends)) in seen.iter().zip([(2.0, 2.01), (6.0, 6.5), (8.0, 8.0)]) {
        assert!((from - begins).abs() < 0.007 && (to - ends).abs() < 0.007, "{seen:?}");
    }
}

#[test]
fn levels_are_by_thread() {
    let spans = vec![
        span("a", 0.0, 9.0, 0, 0),
        span("b", 1.0, 9.0, 1, 0),
        span("a", 0.0, 9.0, 0, 1),
        span("b", 1.0, 2.0, 1, 1),
    ];
    let options = Options { flame: true, ..Options::default() };
    let chart = chart(Timeline { spans, ..rising() }, &options);
    assert_eq!(rows(&chart), [("thread 0", "", 1), ("", "", 1), ("thread 1", "", 1), ("", "", 1)]);
    let bars = chart.rows.iter().map(|row| (row.bars[0].label.as_str(), row.bars[0].style));
    let (a, b) = (("a", Style::Nth(0)), ("b", Style::Nth(1)));
    assert_eq!(bars.collect::<Vec<_>>(), [a, b, a, b]);
    assert_eq!(legend(&chart), ["a, 2 calls, 9 s", "b, 2 calls, 8 s"]);
    let picture = svg(&chart, 1200, None);
    for text in ["thread 0", "thread 1", "a", "b"] {
        assert!(texts(&picture).contains(&text), "{text}");
    }
}

#[test]
fn functions_beyond_the_colours_are_grey() {
    let spans =
        (0..20).map(|index| span(&format!("f{index:02}"), 0.0, f64::from(20 - index), 0, 0));
    let timeline = Timeline { spans: spans.collect(), ..rising() };
    let flame = chart(timeline.clone(), &Options { flame: true, ..Options::default() });
    assert_eq!(flame.legend.len(), 13);
    assert_eq!(flame.legend[12].sign, Sign::Bar(Style::Other));
    assert_eq!(flame.legend[12].text, "and 8 more functions");
    let plain = chart(timeline, &Options::default());
    assert_eq!((plain.rows.len(), plain.rows[11].name.as_str()), (12, "f11"));
    assert_eq!(legend(&plain), ["and 8 more functions, which ran shorter"]);
}

#[test]
fn a_peak_between_samples_is_said_to_be_above_them() {
    let mut timeline = rising();
    timeline.memory.mark = Some(Peak::of_system(sample(4.25, 130)));
    timeline.spans = vec![span("app::load", 4.0, 5.0, 0, 0)];
    let chart = chart(timeline, &Options::default());
    insta::assert_snapshot!(chart.headline[0], @"peak 130.0 MiB after 4.25 s, in load, as reported by the system: samples show at most 100.0 MiB");
    assert_eq!(chart.peak.label, "peak 130.0 MiB after 4.25 s");
    assert_eq!(chart.peak.feet, [(4.2, 42.0), (4.3, 43.0)].map(near(&chart.peak.feet)));
    assert!(chart.top > 130.0, "there is room above it");
}

#[test]
fn a_peak_that_no_sample_shows_comes_before_the_highest_of_them() {
    let timeline = Timeline { unseen_peak: Some(130 << 20), ..rising() };
    let chart = chart(timeline, &Options::default());
    assert_eq!(chart.headline[0], "peak 130.0 MiB, between two samples");
    assert_eq!(chart.headline[1], "highest sample 100.0 MiB after 10 s");
    assert_eq!(chart.peak.label, "highest sample 100.0 MiB after 10 s");
}

/// Equal but for the rounding of times since 1970.
fn near(found: &[(f64, f64)]) -> impl Fn((f64, f64)) -> (f64, f64) {
    let found = found.to_vec();
    move |expected| {
        let is_near =
            |it: &&(f64, f64)| (it.0 - expected.0).abs() < 1e-6 && (it.1 - expected.1).abs() < 1e-6;
        found.iter().find(is_near).copied().unwrap_or(expected)
    }
}

#[test]
fn a_slope_is_in_bytes_per_second() {
    let chart = chart(rising(), &Options { slope: true, ..Options::default() });
    assert_eq!(legend(&chart), ["peak 100.0 MiB, slope +10.0 MiB/s"]);
    let ends = chart.curves[0].trend.as_ref().unwrap().ends;
    assert!((ends[0].1 - 0.0).abs() < 1e-6 && (ends[1].1 - 100.0).abs() < 1e-6, "{ends:?}");
}

#[test]
fn a_slope_needs_ten_samples_and_a_second() {
    let moments = |count: u64, step: f64| -> Vec<_> {
        (0..count).map(|index| (index as f64 * step, 10 + index)).collect()
    };
    let children = vec![
        child(1, "long", &moments(11, 0.1)),
        child(2, "short", &moments(11, 0.09)),
        child(3, "rare", &moments(9, 1.0)),
    ];
    let timeline = Timeline { children, ..rising() };
    let chart = chart(timeline, &Options { slope: true, ..Options::default() });
    let expected = [
        "app (the program), peak 100.0 MiB, slope +10.0 MiB/s",
        "long (1), peak 20.0 MiB, slope +10.0 MiB/s",
        "short (2), peak 20.0 MiB",
        "rare (3), peak 18.0 MiB",
        "no slope for 2 curves with less than 10 samples or 1 s",
    ];
    assert_eq!(legend(&chart), expected);
    let one = Timeline { memory: child(0, "", &[(0.0, 1), (0.1, 2)]).series, ..rising() };
    let chart = self::chart(one, &Options { slope: true, ..Options::default() });
    assert_eq!(legend(&chart), ["no slope for 1 curve with less than 10 samples or 1 s"]);
}

#[test]
fn a_slope_ends_with_the_axes() {
    let samples = (0..100).map(|index| sample(f64::from(index) / 10.0, u64::from(index > 80) * 99));
    let memory = Series { samples: samples.collect(), mark: None };
    let timeline = Timeline { memory, ..Timeline::default() };
    let chart = chart(timeline, &Options { slope: true, ..Options::default() });
    let ends = chart.curves[0].trend.as_ref().unwrap().ends;
    assert!(ends[0].0 > 1.0 && ends[0].1.abs() < 1e-9, "{ends:?}");
    assert!(ends[1].0 > 9.8 && ends[1].1 < chart.top, "{ends:?}");
}

#[test]
fn a_window_shows_its_own_peak_and_times_from_the_start_of_the_run() {
    let window = |from, to| Options { window: Some((from, to)), ..Options::default() };
    let chart = chart(busy(), &window(2.0, 3.0));
    assert_eq!((chart.from, chart.to), (2.0, 3.0));
    assert_eq!(chart.peak.label, "peak 30.0 MiB after 3 s");
    assert!(chart.headline[1].starts_with("2 to 3 s of the run of "), "{:?}", chart.headline);
    let bars = chart.rows.iter().flat_map(|row| &row.bars);
    assert!(bars.clone().all(|it| it.from >= 2.0 && it.to <= 3.000_001), "{:?}", chart.rows);
    // 250 calls of each of the two inner functions.
    assert_eq!(bars.count(), 501);
    let refusal = Chart::new(&[run(rising())], &window(20.0, 30.0)).err().unwrap().to_string();
    insta::assert_snapshot!(refusal, @"mprofile_1.dat has no sample between 20 and 30 s: the run took 10.000 s");
}

#[test]
fn several_runs_begin_together_and_have_their_files_names() {
    let mut later = busy();
    later.spans = vec![span("app::load", 1009.0, 1010.0, 0, 0)];
    for sample in &mut later.memory.samples {
        sample.time += 1000.0;
        sample.bytes *= 2;
    }
    later.children = vec![child(41, "cc", &[(1001.0, 19)])];
    let runs = [run(busy()), Run { name: "other.dat".into(), timeline: later }];
    let chart = Chart::new(&runs, &Options::default()).unwrap();
    let expected = [
        "mprofile_1.dat, peak 100.0 MiB",
        "other.dat, peak 200.0 MiB",
        "other.dat: cc (41), peak 19.0 MiB",
    ];
    assert_eq!(legend(&chart), expected);
    assert_eq!(chart.headline, ["peak 200.0 MiB after 10 s, of other.dat, the highest sample"]);
    let first = |index: usize| chart.curves[index].points[0].0;
    assert!(first(0).abs() < 1e-6 && first(1).abs() < 1e-6 && (first(2) - 1.0).abs() < 1e-6);
    assert_eq!((chart.rows.len(), chart.title.as_str()), (0, "2 runs"));
}

#[test]
fn children_have_names_and_the_sum_of_all_is_said() {
    let children = vec![
        child(41, "cc", &[(1.0, 30), (1.1, 90)]),
        child(42, "ld", &[(1.0, 120), (1.1, 5)]),
        child(43, "true", &[(1.0, 1)]),
        Child { name: None, ..child(44, "", &[(2.0, 40)]) },
    ];
    let chart = chart(Timeline { children, ..rising() }, &Options::default());
    let expected = [
        "app (the program), peak 100.0 MiB",
        "ld (42), peak 120.0 MiB",
        "cc (41), peak 90.0 MiB",
        "child 44, peak 40.0 MiB",
        "and 1 more process, at most 1.0 MiB",
    ];
    assert_eq!(legend(&chart), expected);
    assert_eq!(chart.headline[1], "peak 120.0 MiB after 1 s, of ld (42), the highest sample");
    insta::assert_snapshot!(chart.headline[0], @"161.0 MiB in 4 processes at one time, after 1 s; memory that they share may count in each");
    let styles: Vec<_> = chart.curves.iter().map(|curve| curve.style).collect();
    let nth = Style::Nth;
    assert_eq!(styles, [nth(0), nth(1), nth(2), nth(3), Style::Other]);
}

#[test]
fn curves_beyond_the_styles_are_grey() {
    let children = (0..30).map(|id| child(id, "cc", &[(1.0, 90 - u64::from(id))])).collect();
    let chart = chart(Timeline { children, ..rising() }, &Options::default());
    let legend = legend(&chart);
    assert_eq!(
        (legend.len(), legend[24].as_str()),
        (25, "and 7 more processes, each at most 67.0 MiB")
    );
}

#[test]
fn long_runs_are_thinned() {
    let samples = (0..100_000).map(|index| sample(f64::from(index) / 1000.0, 1 + index as u64 % 7));
    let memory = Series { samples: samples.collect(), mark: None };
    let chart = chart(Timeline { memory, ..Timeline::default() }, &Options::default());
    let points = &chart.curves[0].points;
    assert!(points.len() <= 1601 * 4, "{}", points.len());
    let highest = points.iter().map(|point| point.1).fold(0.0, f64::max);
    assert!((highest - 7.0).abs() < 1e-9);
}

#[test]
fn a_run_without_samples_is_an_error() {
    let nothing = Timeline { command: Some("app".into()), ..Timeline::default() };
    let refusal = Chart::new(&[run(nothing)], &Options::default()).err().unwrap().to_string();
    insta::assert_snapshot!(refusal, @"mprofile_1.dat has no samples: there is nothing to plot");
    let one = Series { samples: vec![sample(0.0, 0)], mark: None };
    let chart = chart(Timeline { memory: one, ..Timeline::default() }, &Options::default());
    assert!(png(&chart, 400, None).is_ok() && terminal(&chart, 0).contains("0 KiB"));
}
