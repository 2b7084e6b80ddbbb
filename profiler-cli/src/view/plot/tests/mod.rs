mod charts;
mod pictures;

use super::elements::{Row, Sign};
use super::palette::{DARK, LIGHT, Style};
use super::*;
use crate::timeline::{Child, Peak, Sample, Series, Span, Timeline};

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

fn child(id: u32, name: &str, samples: &[(f64, u64)]) -> Child {
    let samples = samples.iter().map(|(seconds, mib)| sample(*seconds, *mib)).collect();
    Child { id, name: Some(name.into()), series: Series { samples, mark: None } }
}

fn legend(chart: &Chart) -> Vec<String> {
    let comma = |name: &str| if name.is_empty() { "" } else { ", " };
    let entries = chart.legend.iter();
    entries.map(|it| format!("{}{}{}", it.name, comma(&it.name), it.text)).collect()
}

/// The texts of a picture, from the top down.
fn texts(picture: &str) -> Vec<&str> {
    let texts = picture.split("<text ").skip(1);
    texts.map(|it| &it[it.find('>').unwrap() + 1..it.find("</text>").unwrap()]).collect()
}

/// The name, the note and the bars of each row.
fn rows(chart: &Chart) -> Vec<(&str, &str, usize)> {
    let row = |row: &'_ Row| row.bars.len();
    chart.rows.iter().map(|it| (it.name.as_str(), it.note.as_str(), row(it))).collect()
}
