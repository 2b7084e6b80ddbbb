use super::elements::Sign;
use super::*;
use crate::timeline::{Sample, Series, Span, Timeline};

const START: f64 = 1_764_011_432.0;
const MIB: u64 = 1 << 20;

fn sample(seconds: f64, mib: u64) -> Sample {
    Sample { time: START + seconds, bytes: mib * MIB }
}

fn span(function: &str, from: f64, to: f64, level: u32, thread: u32) -> Span {
    let (start, end) = (sample(from, 1), sample(to, 1));
    Span { function: function.into(), start, end, level, thread }
}

/// A hundred samples in ten seconds that rise to 100 MiB.
fn rising() -> Timeline {
    let samples = (0..=100).map(|index| sample(f64::from(index) / 10.0, index as u64));
    let memory = Series { samples: samples.collect(), mark: None };
    Timeline { command: Some("app --fast".into()), memory, ..Timeline::default() }
}

/// With 2,000 alternating calls of two functions of the same name, inside a third one.
fn busy() -> Timeline {
    let calls = (0..2000).map(|index| {
        let is_even = index % 2 == 0;
        let (name, seconds) =
            if is_even { ("app::parse::line", 0.0015) } else { ("app::read::line", 0.001) };
        let from = 1.0 + f64::from(index) / 500.0;
        span(name, from, from + seconds, 1, 0)
    });
    let spans = calls.chain([span("app::main", 0.0, 10.0, 0, 0)]).collect();
    Timeline { spans, ..rising() }
}

fn run(timeline: Timeline) -> Run {
    Run { name: "mprofile_1.dat".into(), timeline }
}

fn chart(timeline: Timeline, options: &Options) -> Chart {
    Chart::new(&[run(timeline)], options).unwrap()
}

fn legend(chart: &Chart) -> Vec<&str> {
    // The first entry has the start time, which depends on the time zone.
    chart.legend.iter().skip(1).map(|entry| entry.text.as_str()).collect()
}

#[test]
fn two_thousand_calls_have_an_entry_for_each_function() {
    let chart = chart(busy(), &Options::default());
    let expected = [
        "peak 100.0 MiB at 10.00 s",
        "the highest sample",
        "in main",
        "main, 10.00 s",
        "parse::line ×1000, 1.50 s",
        "read::line ×1000, 1.00 s",
    ];
    assert_eq!(legend(&chart), expected);
    let picture = svg(&chart).unwrap();
    for label in expected {
        let count = if label.starts_with("peak") { 2 } else { 1 };
        assert_eq!(picture.matches(&format!("\n{label}\n")).count(), count, "{label}");
    }
    assert!(chart.shades.len() <= 841, "{}", chart.shades.len());
}

#[test]
fn a_column_is_the_function_that_ran_longest_in_it() {
    let spans = vec![
        span("long", 2.0, 2.009, 0, 0),
        span("short", 2.009, 2.01, 0, 0),
        span("later", 6.0, 6.5, 0, 0),
        span("nothing", 8.0, 8.0, 0, 0),
    ];
    let chart = chart(Timeline { spans, ..rising() }, &Options::default());
    let seen: Vec<_> = chart.shades.iter().map(|it| (it.label.as_str(), it.from, it.to)).collect();
    let names: Vec<_> = seen.iter().map(|it| it.0).collect();
    assert_eq!(names, ["long", "later", "nothing"]);
    for ((_, from, to), (begins, ends)) in seen.iter().zip([(2.0, 2.01), (6.0, 6.5), (8.0, 8.0)]) {
        assert!((from - begins).abs() < 0.012 && (to - ends).abs() < 0.012, "{seen:?}");
    }
}

#[test]
fn rows_are_by_thread_and_level() {
    let spans = vec![
        span("a", 0.0, 9.0, 0, 0),
        span("b", 1.0, 9.0, 1, 0),
        span("a", 0.0, 9.0, 0, 1),
        span("b", 1.0, 2.0, 1, 1),
    ];
    let chart =
        chart(Timeline { spans, ..rising() }, &Options { flame: true, ..Options::default() });
    let rows = chart.shades.iter().map(|it| (it.label.as_str(), it.thread, it.row));
    assert_eq!(rows.collect::<Vec<_>>(), [("a", 0, 0), ("b", 0, 1), ("a", 1, 2), ("b", 1, 3)]);
    assert_eq!(chart.rows, 4);
    let picture = svg(&chart).unwrap();
    for label in ["\nthread 0\n", "\nthread 1\n", "\na\n", "\nb\n"] {
        assert!(picture.contains(label), "{label}");
    }
}

#[test]
fn the_systems_mark_is_the_peak_and_explained() {
    let mut timeline = rising();
    timeline.memory.mark = Some(sample(4.25, 130));
    timeline.spans = vec![span("app::load", 4.0, 5.0, 0, 0)];
    let chart = chart(timeline, &Options::default());
    let expected =
        ["peak 130.0 MiB at 4.25 s", "as reported by the system", "in load", "load, 1.00 s"];
    assert_eq!(legend(&chart), expected);
    assert!(chart.top > 130.0, "there is room above it");
}

#[test]
fn a_slope_is_in_bytes_per_second() {
    let chart = chart(rising(), &Options { slope: true, ..Options::default() });
    assert_eq!(legend(&chart)[0], "slope +10485760 B/s (+10.0 MiB/s)");
    let ends = chart.curves[0].trend.as_ref().unwrap().ends;
    assert!((ends[0].1 - 0.0).abs() < 1e-6 && (ends[1].1 - 100.0).abs() < 1e-6, "{ends:?}");
}

#[test]
fn a_window_shows_its_own_peak_and_times_from_the_start_of_the_run() {
    let window = |from, to| Options { window: Some((from, to)), ..Options::default() };
    let chart = chart(busy(), &window(2.0, 3.0));
    assert_eq!((chart.from, chart.to), (2.0, 3.0));
    assert_eq!(legend(&chart)[0], "peak 30.0 MiB at 3.00 s");
    assert!(chart.shades.iter().all(|it| it.from >= 2.0 && it.to <= 3.000_001));
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
    let runs = [run(busy()), Run { name: "other.dat".into(), timeline: later }];
    let chart = Chart::new(&runs, &Options::default()).unwrap();
    let texts: Vec<_> = chart.legend.iter().map(|entry| entry.text.as_str()).collect();
    let peak = ["peak 200.0 MiB at 10.00 s", "the highest sample", "in app::load"];
    assert_eq!(texts, [&["mprofile_1.dat", "other.dat"][..], &peak[..]].concat());
    assert!(chart.curves.iter().all(|curve| curve.points[0].0.abs() < 1e-6));
    assert_eq!((chart.shades.len(), chart.title.as_str()), (0, "2 runs"));
}

#[test]
fn children_are_curves_and_long_runs_are_thinned() {
    let samples = (0..100_000).map(|index| sample(f64::from(index) / 1000.0, 1 + index as u64 % 7));
    let memory = Series { samples: samples.collect(), mark: None };
    let children = vec![(41, Series { samples: vec![sample(1.0, 9)], mark: None })];
    let chart = chart(Timeline { memory, children, ..Timeline::default() }, &Options::default());
    assert!(chart.curves[0].points.len() <= 841 * 4, "{}", chart.curves[0].points.len());
    let highest = chart.curves[0].points.iter().map(|point| point.1).fold(0.0, f64::max);
    assert!((highest - 7.0).abs() < 1e-9);
    let peak = ["child 41", "peak 9.0 MiB at 1.00 s", "the highest sample, of child 41"];
    assert_eq!(legend(&chart), peak);
    assert_eq!(chart.curves[1].name, "child 41");
    assert!(matches!(chart.legend[1].sign, Sign::Curve(color) if color == chart.curves[1].color));
}

#[test]
fn a_run_without_samples_is_an_error() {
    let nothing = Timeline { command: Some("app".into()), ..Timeline::default() };
    let refusal = Chart::new(&[run(nothing)], &Options::default()).err().unwrap().to_string();
    insta::assert_snapshot!(refusal, @"mprofile_1.dat has no samples: there is nothing to plot");
    let one = Series { samples: vec![sample(0.0, 0)], mark: None };
    let chart = chart(Timeline { memory: one, ..Timeline::default() }, &Options::default());
    assert!(png(&chart).is_ok() && terminal(&chart, 0).contains("0 KiB"));
}

#[test]
fn a_curve_that_falls_sharply_stays_below_its_peak_in_a_png() {
    let samples = (0..3000_u64).map(|index| Sample {
        time: START + index as f64 / 100.0,
        bytes: (500 + index % 700) * MIB / 10,
    });
    let memory = Series { samples: samples.collect(), mark: None };
    let chart = chart(Timeline { memory, ..Timeline::default() }, &Options::default());
    let picture = png(&chart).unwrap();
    let mut reader = ::png::Decoder::new(std::io::Cursor::new(picture)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    let (red, green, blue) = chart.curves[0].color;
    let row = super::draw::SIZE.0 as usize * 3;
    let is_drawn = |row: &[u8]| row.chunks(3).any(|pixel| pixel == [red, green, blue]);
    // The legend, below the title, has a line of this colour too.
    let first = pixels.chunks(row).position(is_drawn).unwrap();
    assert!(first > super::draw::HEAD as usize, "{first}");
}

#[test]
fn a_png_has_its_size() {
    let picture = png(&chart(busy(), &Options { flame: true, ..Options::default() })).unwrap();
    let decoder = ::png::Decoder::new(std::io::Cursor::new(picture));
    let info = decoder.read_info().unwrap().info().clone();
    assert_eq!((info.width, info.height), super::draw::SIZE);
}

#[test]
fn a_plot_for_terminals() {
    let mut chart = chart(busy(), &Options::default());
    chart.legend[0].text = "a day".into();
    let picture = anstream::adapter::strip_str(&terminal(&chart, 50)).to_string();
    insta::assert_snapshot!(picture, @"
    app --fast
            │
            │                                       ⢀●
    100 MiB │                                     ⣠⠒⠉
            │                                 ⢀⡠⠖⠉
            │                              ⢀⡤⠒⠁
            │                           ⢀⡠⠖⠁
            │                        ⢀⠤⠚⠁
            │                     ⢀⡠⠊⠁
     50 MiB │                  ⣀⠤⠚⠁
            │               ⢀⠔⠊⠁
            │            ⣀⠤⠊⠁
            │         ⣠⠔⠊
            │      ⣀⠴⠉
            │   ⡠⠔⠊
      0 MiB │⡠⠖⠉
            └─────────────────────────────────────────
             0.00 s                            10.00 s
    ─ a day
    ● peak 100.0 MiB at 10.00 s
      the highest sample
      in main
    █ main, 10.00 s
    █ parse::line ×1000, 1.50 s
    █ read::line ×1000, 1.00 s
    ");
}
