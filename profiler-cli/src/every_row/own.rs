//! Views of blocks by line: each block is in each of them once, so that each adds up to the process.

use std::collections::BTreeMap;

use fastrand::Rng;
use mem_profile_format::{CallPath, CallPaths, Held, Snapshot};
use mem_profile_pprof::Profile;
use prost::Message;

use super::body;
use super::programs::recordings;
use crate::compare;
use crate::figures::{Figures, Measure, Own};
use crate::sample;
use crate::view::{flame, folded, frames, pprof, speedscope};

const MEASURES: [Own; 4] = [Own::AtPeak, Own::Live, Own::Allocated, Own::Allocs];

/// Figures by the name of the innermost frame: `src/text.rs:6`, or a name in brackets.
type ByLine = BTreeMap<String, u64>;

/// By the recording alone.
fn expected(snapshot: &Snapshot, measure: Own) -> ByLine {
    let paths = snapshot.paths.as_ref().unwrap();
    let mut lines = ByLine::new();
    for path in &paths.all {
        let name = format!("{}:{}", snapshot.functions[path.function].file, path.line);
        *lines.entry(name).or_default() += measure.of(&path.own);
    }
    lines.insert(frames::OUTSIDE.into(), measure.of(&paths.outside));
    lines.insert(frames::UNATTRIBUTED.into(), measure.of(&paths.unattributed));
    lines.retain(|_, figure| *figure > 0);
    lines
}

/// The name of a line without its source.
fn place(frame: &str) -> String {
    match frame.starts_with('[') {
        true => frame.to_owned(),
        false => frame.split(' ').next().unwrap().to_owned(),
    }
}

fn of_folded(snapshot: &Snapshot, measure: Own) -> ByLine {
    let mut lines = ByLine::new();
    for stack in folded::render(snapshot, measure).unwrap().lines() {
        let (frames, figure) = stack.rsplit_once(' ').unwrap();
        let last = place(frames.rsplit(';').next().unwrap());
        *lines.entry(last).or_default() += figure.parse::<u64>().unwrap();
    }
    lines
}

/// `None` if no stack has the figure: then there is no such profile.
fn of_speedscope(snapshot: &Snapshot, measure: Own) -> ByLine {
    let data = speedscope::render(snapshot, measure).unwrap();
    let data: serde_json::Value = serde_json::from_str(&data).unwrap();
    let mut lines = ByLine::new();
    let profiles = data["profiles"].as_array().unwrap();
    let Some(profile) = profiles.iter().find(|profile| profile["name"] == measure.name()) else {
        return lines;
    };
    let samples = profile["samples"].as_array().unwrap().iter();
    for (stack, weight) in samples.zip(profile["weights"].as_array().unwrap()) {
        let last = stack.as_array().unwrap().last().unwrap().as_u64().unwrap();
        let name = data["shared"]["frames"][last as usize]["name"].as_str().unwrap();
        *lines.entry(place(name)).or_default() += weight.as_u64().unwrap();
    }
    assert_eq!(profile["endValue"].as_u64(), Some(lines.values().sum()));
    lines
}

fn of_pprof(snapshot: &Snapshot, measure: Own) -> ByLine {
    let profile = Profile::decode(&pprof::render(snapshot, measure).unwrap()[..]).unwrap();
    let text = |index: i64| profile.string_table[usize::try_from(index).unwrap()].as_str();
    let is_shown =
        |kind: &&mem_profile_pprof::ValueType| kind.r#type == profile.default_sample_type;
    let kind = profile.sample_type.iter().find(is_shown).unwrap();
    let at = profile.sample_type.iter().position(|it| it == kind).unwrap();
    let mut lines = ByLine::new();
    for sample in &profile.sample {
        let location = &profile.location[sample.location_id[0] as usize - 1];
        let line = location.line[0];
        let function = &profile.function[line.function_id as usize - 1];
        let name = match text(function.filename) {
            "" => text(function.name).to_owned(),
            file => format!("{file}:{}", line.line),
        };
        *lines.entry(name).or_default() += u64::try_from(sample.value[at]).unwrap();
    }
    lines.retain(|_, figure| *figure > 0);
    lines
}

/// The total in the title of the picture, and each frame's amount without those above it.
fn of_flame(snapshot: &Snapshot, measure: Own) -> (u64, ByLine) {
    let picture = flame::render(snapshot, measure).unwrap();
    let data = |group: &str, name: &str| {
        let (_, rest) = group.split_once(&format!(" data-{name}=\"")).unwrap();
        rest.split_once('"').unwrap().0.parse::<u64>().unwrap()
    };
    let (head, frames) = picture.split_once("<g id=\"frames\"").unwrap();
    let groups: Vec<_> = frames.split("\n<g ").skip(1).collect();
    let mut own: Vec<u64> = groups.iter().map(|group| data(group, "a")).collect();
    for (at, group) in groups.iter().enumerate().skip(1) {
        own[data(group, "b") as usize] -= data(group, "a");
        assert!(at > data(group, "b") as usize);
    }
    let mut lines = ByLine::new();
    for (group, own) in groups.iter().zip(own) {
        let (_, name) = group.split_once("<title>").unwrap();
        *lines.entry(place(name.split('\n').next().unwrap())).or_default() += own;
    }
    lines.retain(|_, figure| *figure > 0);
    (data(head, "total"), lines)
}

/// Lines with a frame of at least this figure. A flame graph leaves out narrower ones.
fn wide(snapshot: &Snapshot, measure: Own, least: u64) -> Vec<String> {
    let text = folded::render(snapshot, measure).unwrap();
    let stacks = text.lines().map(|stack| stack.rsplit_once(' ').unwrap());
    let wide = stacks.filter(|(_, figure)| figure.parse::<u64>().unwrap() >= least);
    wide.map(|(frames, _)| place(frames.rsplit(';').next().unwrap())).collect()
}

/// Asserts that each view has the figure of each line, and nothing else.
fn assert_adds_up(name: &str, snapshot: &Snapshot) {
    let total = snapshot.paths.as_ref().unwrap().total();
    for measure in MEASURES {
        let name = format!("{name}: {}", measure.name());
        let expected = expected(snapshot, measure);
        assert_eq!(expected.values().sum::<u64>(), measure.of(&total), "{name}");
        assert_eq!(of_folded(snapshot, measure), expected, "{name}: folded");
        assert_eq!(of_speedscope(snapshot, measure), expected, "{name}: speedscope");
        assert_eq!(of_pprof(snapshot, measure), expected, "{name}: pprof");
        if !expected.is_empty() {
            let (whole, drawn) = of_flame(snapshot, measure);
            assert_eq!((whole, drawn.values().sum::<u64>()), (measure.of(&total), whole), "{name}");
            for line in wide(snapshot, measure, whole / 10_000) {
                assert!(drawn.contains_key(&line), "{name}: no {line} in the flame graph");
            }
        }
    }
}

/// Asserts that the rows have the figures of the paths, and a comparison those of the rows.
fn assert_rows_agree(name: &str, snapshot: &Snapshot) {
    let paths = snapshot.paths.as_ref().unwrap();
    let mut by_line: BTreeMap<(usize, u32), Held> = BTreeMap::new();
    paths.by_line().into_iter().for_each(|it| {
        by_line.insert((it.function, it.line), it.own);
    });
    let nothing = Snapshot { functions: Vec::new(), ..snapshot.clone() };
    let grown = compare::compare(&nothing, snapshot).unwrap();
    for (measure, own) in [(Measure::AtPeak, Own::AtPeak), (Measure::Live, Own::Live)] {
        let mut sum = 0;
        for (at, function) in snapshot.functions.iter().enumerate() {
            for row in body(function).filter(|row| row.ran()) {
                let figure = by_line.get(&(at, row.line)).map_or(0, |held| own.of(held));
                let place = format!("{name}: {}:{} {}", function.file, row.line, measure.name());
                assert_eq!(measure.of(&Figures::of_line(row)), Some(figure.into()), "{place}");
                sum += figure;
            }
            let lines = grown[at].lines.iter().map(|line| line.figure_after(measure));
            assert_eq!(lines.sum::<i128>(), grown[at].function.figure_after(measure), "{name}");
        }
        let rest = own.of(&paths.outside) + own.of(&paths.unattributed);
        assert_eq!(sum + rest, own.of(&paths.total()), "{name}: {}", measure.name());
    }
}

#[test]
fn every_view_adds_up_to_the_process() {
    assert_adds_up("sample", &sample::by_line());
    assert_rows_agree("sample", &sample::by_line());
    let mut tried = 0;
    for (program, recording) in recordings() {
        let snapshot = &recording.snapshot;
        if let Some(paths) = &snapshot.paths {
            tried += 1;
            assert_adds_up(program, snapshot);
            assert_rows_agree(program, snapshot);
            let peak = snapshot.peak.expect("blocks by line come with a peak");
            let sum = paths.total().at_peak;
            assert!(sum.abs_diff(peak.bytes) <= peak.uncertainty, "{program}: {sum} of {peak:?}");
        }
    }
    assert!(tried > 40, "{tried} recordings have blocks by line");
}

#[test]
fn every_view_adds_up_whatever_calls_what() {
    let mut random = Rng::with_seed(18);
    for round in 0..200 {
        let mut snapshot = sample::by_line();
        let mut all: Vec<CallPath> = Vec::new();
        for at in 0..random.usize(1..60) {
            let function = random.usize(0..3);
            let mut held = || if random.bool() { random.u64(0..1 << 30) } else { 0 };
            let (at_peak, live, allocated) = (held(), held(), held());
            let own =
                Held { at_peak, live, allocated, allocations: allocated / 7, ..Held::default() };
            let line = random.choice(&snapshot.functions[function].lines).unwrap().line;
            let caller = (at > 0 && random.u8(..) > 50).then(|| random.usize(0..at));
            all.push(CallPath { caller, function, line, is_recursive: random.u8(..) < 30, own });
        }
        let held = Held { at_peak: 9, live: 8, allocated: 17, allocations: 2, ..Held::default() };
        snapshot.paths = Some(CallPaths { all, outside: held, unattributed: held });
        assert_adds_up(&format!("round {round}"), &snapshot);
    }
}

#[test]
fn no_view_adds_up_rows_where_blocks_were_not_recorded() {
    let leak = sample::leak();
    assert!(flame::render(&leak, Own::AtPeak).is_err());
    assert!(folded::render(&leak, Own::Allocated).is_err());
    assert!(speedscope::render(&leak, Own::Live).is_err());
    assert!(pprof::render(&leak, Own::Allocs).is_err());
}
