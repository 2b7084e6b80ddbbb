//! Renders profiles for speedscope.app: one for each figure, of functions and their lines.
//!
//! The format is described by its `file-format-schema.json`.

use std::borrow::Cow;
use std::collections::HashMap;

use anyhow::Result;
use mem_profile_format::{Snapshot, report};
use serde::Serialize;

use super::frames::{self, Place};
use crate::figures::Own;

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
    name: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
}

/// Each sample is a stack of frame indices, outermost first, with its weight.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    r#type: &'static str,
    name: &'static str,
    unit: &'static str,
    start_value: u64,
    end_value: u64,
    samples: Vec<Vec<usize>>,
    weights: Vec<u64>,
}

const MEASURES: [Own; 4] = [Own::AtPeak, Own::Live, Own::Allocated, Own::Allocs];

/// A file that shows `measure` first.
///
/// # Errors
/// If the recording does not say which lines hold its memory.
pub(crate) fn render(snapshot: &Snapshot, measure: Own) -> Result<String> {
    let statements = frames::Statements::of(snapshot);
    let frames = frames::of(snapshot, &statements)?;
    let (shared, indices) = shared(&frames);
    let mut profiles: Vec<_> = MEASURES.map(|measure| profile(measure, &frames, &indices)).into();
    profiles.retain(|profile| !profile.samples.is_empty());
    let file = File {
        schema: "https://www.speedscope.app/file-format-schema.json",
        exporter: concat!("cargo-mem-profile ", env!("CARGO_PKG_VERSION")),
        name: "mem-profile",
        active_profile_index: profiles.iter().position(|it| it.name == measure.name()).unwrap_or(0),
        shared,
        profiles,
    };
    // Serializing cannot fail: it is plain data with string keys.
    Ok(report::json_printable(&serde_json::to_string(&file).unwrap_or_default()) + "\n")
}

/// Each place once, and the index of each frame's place.
fn shared<'a>(frames: &[frames::Frame<'a>]) -> (Shared<'a>, Vec<usize>) {
    let mut known = HashMap::new();
    let mut shown = Vec::new();
    let index = |frame: &frames::Frame<'a>| {
        *known.entry(frame.place).or_insert_with(|| {
            shown.push(shown_frame(frame.place));
            shown.len() - 1
        })
    };
    let indices = frames.iter().map(index).collect();
    (Shared { frames: shown }, indices)
}

fn shown_frame(place: Place<'_>) -> Frame<'_> {
    match place {
        Place::Function { name, file, line } => {
            Frame { name: name.into(), file: Some(file), line: Some(line) }
        }
        Place::Line { file, line, source, .. } => Frame {
            name: format!("{} {source}", place.path()).into(),
            file: Some(file),
            line: Some(line),
        },
        Place::Other(name) => Frame { name: name.into(), file: None, line: None },
    }
}

fn profile(measure: Own, frames: &[frames::Frame], indices: &[usize]) -> Profile {
    let (mut samples, mut weights) = (Vec::new(), Vec::new());
    for (at, frame) in frames.iter().enumerate() {
        let weight = measure.of(&frame.own);
        if weight > 0 {
            let below = std::iter::successors(Some(at), |&at| frames[at].below);
            let mut stack: Vec<_> = below.map(|at| indices[at]).collect();
            stack.reverse();
            samples.push(stack);
            weights.push(weight);
        }
    }
    Profile {
        r#type: "sampled",
        name: measure.name(),
        unit: if measure == Own::Allocs { "none" } else { "bytes" },
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
        let text = render(&sample::by_line(), Own::Live).unwrap();
        insta::assert_snapshot!(text.replace('{', "\n{"), @r#"
        {"$schema":"https://www.speedscope.app/file-format-schema.json","exporter":"cargo-mem-profile 0.1.0","name":"mem-profile","activeProfileIndex":1,"shared":
        {"frames":[
        {"name":"leak::process","file":"examples/leak.rs","line":31},
        {"name":"examples/leak.rs:35 let text = \"x\".repeat(100_000)","file":"examples/leak.rs","line":35},
        {"name":"examples/leak.rs:36 kept.push(text)","file":"examples/leak.rs","line":36},
        {"name":"examples/leak.rs:38 summary(|a| a & \"&amp;\")","file":"examples/leak.rs","line":38},
        {"name":"text::parse","file":"src/text.rs","line":5},
        {"name":"src/text.rs:6 let words: Vec<&str> = text.split(' ').collect()","file":"src/text.rs","line":6},
        {"name":"audit::log","file":"src/text.rs","line":20},
        {"name":"src/text.rs:21 format!(\"
        {:>300000000}\", 1)","file":"src/text.rs","line":21},
        {"name":"[recursion]"},
        {"name":"[outside of measured functions]"}]},"profiles":[
        {"type":"sampled","name":"at-peak","unit":"bytes","startValue":0,"endValue":400175200,"samples":[[0,1],[0,2],[0,3],[0,3,6,7],[0,3,6,7,4,8,5],[9]],"weights":[100000000,50000,100000,300000000,24000,1200]},
        {"type":"sampled","name":"live","unit":"bytes","startValue":0,"endValue":100051200,"samples":[[0,1],[0,2],[9]],"weights":[100000000,50000,1200]},
        {"type":"sampled","name":"allocated","unit":"bytes","startValue":0,"endValue":700227000,"samples":[[0,1],[0,2],[0,3],[0,3,4,5],[0,3,6,7],[0,3,6,7,4,8,5],[9]],"weights":[100000000,50000,100000,48000,600000000,24000,5000]},
        {"type":"sampled","name":"allocs","unit":"none","startValue":0,"endValue":6023,"samples":[[0,1],[0,2],[0,3],[0,3,4,5],[0,3,6,7],[0,3,6,7,4,8,5],[9]],"weights":[1000,1,1,6,5000,3,12]}]}
        "#);
    }
}
