//! Renders profiles for speedscope.app: one for each figure, of functions and their lines.
//!
//! The format is described by its `file-format-schema.json`.

use mem_profile_format::{FunctionSnapshot, LineSnapshot, Snapshot, report};
use serde::Serialize;

use crate::figures::{Figures, Measure};

#[derive(Serialize)]
struct File<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    exporter: &'static str,
    name: &'a str,
    #[serde(rename = "activeProfileIndex")]
    active_profile_index: usize,
    shared: Shared<'a>,
    profiles: Vec<Profile>,
}

#[derive(Serialize)]
struct Shared<'a> {
    frames: Vec<Frame<'a>>,
}

#[derive(Serialize)]
struct Frame<'a> {
    name: &'a str,
    file: &'a str,
    line: u32,
}

/// Each sample is a stack of frame indices, outermost first, with its weight.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    r#type: &'static str,
    name: &'static str,
    unit: &'static str,
    start_value: i128,
    end_value: i128,
    samples: Vec<[usize; 2]>,
    weights: Vec<i128>,
}

const MEASURES: [Measure; 4] =
    [Measure::Increment, Measure::Peak, Measure::Allocated, Measure::Allocs];

/// A file that shows `measure` first.
pub(crate) fn render(snapshot: &Snapshot, measure: Measure) -> String {
    let mut frames = Vec::new();
    let mut lines: Vec<([usize; 2], &LineSnapshot)> = Vec::new();
    for function in &snapshot.functions {
        let outer = frames.len();
        frames.push(frame(function, &function.name, function.line));
        for line in function.body_lines().filter(|line| line.ran()) {
            lines.push(([outer, frames.len()], line));
            frames.push(frame(function, line.source.trim(), line.line));
        }
    }
    let mut profiles: Vec<_> = MEASURES.map(|measure| profile(measure, &lines)).into();
    profiles.retain(|profile| !profile.samples.is_empty());
    let file = File {
        schema: "https://www.speedscope.app/file-format-schema.json",
        exporter: concat!("cargo-mem-profile ", env!("CARGO_PKG_VERSION")),
        name: "mem-profile",
        active_profile_index: profiles.iter().position(|it| it.name == measure.name()).unwrap_or(0),
        shared: Shared { frames },
        profiles,
    };
    // Serializing cannot fail: it is plain data with string keys.
    report::json_printable(&serde_json::to_string(&file).unwrap_or_default()) + "\n"
}

fn frame<'a>(function: &'a FunctionSnapshot, name: &'a str, line: u32) -> Frame<'a> {
    Frame { name, file: &function.file, line }
}

fn profile(measure: Measure, lines: &[([usize; 2], &LineSnapshot)]) -> Profile {
    let figure = |line| measure.of(&Figures::of_line(line)).filter(|&figure| figure > 0);
    let shown = lines.iter().filter_map(|(stack, line)| Some((*stack, figure(line)?)));
    let (samples, weights): (Vec<_>, Vec<_>) = shown.unzip();
    Profile {
        r#type: "sampled",
        name: measure.name(),
        unit: if measure == Measure::Allocs { "none" } else { "bytes" },
        start_value: 0,
        end_value: weights.iter().sum(),
        samples,
        weights,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn file_of_speedscope() {
        let text = render(&sample::leak(), Measure::Peak);
        insta::assert_snapshot!(text.replace('{', "\n{"), @r#"
        {"$schema":"https://www.speedscope.app/file-format-schema.json","exporter":"cargo-mem-profile 0.1.0","name":"mem-profile","activeProfileIndex":1,"shared":
        {"frames":[
        {"name":"leak::process","file":"examples/leak.rs","line":31},
        {"name":"let mut kept = Vec::new(); // <script>","file":"examples/leak.rs","line":33},
        {"name":"for id in 0..items 
        {","file":"examples/leak.rs","line":34},
        {"name":"let text = \"x\".repeat(100_000);","file":"examples/leak.rs","line":35},
        {"name":"kept.push(text);","file":"examples/leak.rs","line":36},
        {"name":"}","file":"examples/leak.rs","line":37},
        {"name":"summary(|a| a & \"&amp;\");","file":"examples/leak.rs","line":38},
        {"name":"}","file":"examples/leak.rs","line":39},
        {"name":"text::parse","file":"src/text.rs","line":5},
        {"name":"let words: Vec<&str> = text.split(' ').collect();","file":"src/text.rs","line":6},
        {"name":"words.len()","file":"src/text.rs","line":7},
        {"name":"}","file":"src/text.rs","line":8},
        {"name":"audit::log","file":"src/text.rs","line":20},
        {"name":"format!(\"
        {:>300000000}\", 1);","file":"src/text.rs","line":21}]},"profiles":[
        {"type":"sampled","name":"increment","unit":"bytes","startValue":0,"endValue":100098000,"samples":[[0,3],[0,4],[8,9]],"weights":[100000000,50000,48000]},
        {"type":"sampled","name":"peak","unit":"bytes","startValue":0,"endValue":300272000,"samples":[[0,3],[0,4],[0,6],[8,9],[12,13]],"weights":[100000,40000,100000,32000,300000000]},
        {"type":"sampled","name":"allocated","unit":"bytes","startValue":0,"endValue":700222000,"samples":[[0,3],[0,4],[0,6],[8,9],[12,13]],"weights":[100000000,50000,100000,72000,600000000]},
        {"type":"sampled","name":"allocs","unit":"none","startValue":0,"endValue":6011,"samples":[[0,3],[0,4],[0,6],[8,9],[12,13]],"weights":[1000,1,1,9,5000]}]}
        "#);
        let resident: serde_json::Value =
            serde_json::from_str(&render(&sample::resident(), Measure::Peak)).unwrap();
        assert_eq!(resident["profiles"].as_array().unwrap().len(), 1);
        assert_eq!(resident["activeProfileIndex"], 0);
    }
}
