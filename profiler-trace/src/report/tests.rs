//! Every report of one hand-made snapshot.

#[cfg(feature = "pprof")]
mod pprof;

use super::*;
use crate::data::{Address, Data, ModuleData, Reach, Trace, VERSION};
use crate::query::statistic::By;
use crate::tables::counters::ONE_BLOCK;
use crate::tables::tree::RECURSION;

/// Two stacks that are known, and a third of the bytes that came when the tables were full.
fn full() -> Snapshot {
    let trace = |reach, frames, bytes| Trace {
        reach,
        frames,
        allocated_blocks: ONE_BLOCK,
        allocated_bytes: bytes,
        live_blocks: ONE_BLOCK,
        live_bytes: bytes,
        peak_blocks: ONE_BLOCK,
        peak_bytes: bytes,
        ..Trace::default()
    };
    Snapshot::of(Data {
        mem_profile_trace_version: VERSION,
        live_bytes: 300,
        peak_bytes: 300,
        process: 7,
        frames: u64::MAX,
        command: "tool --all".into(),
        modules: vec![ModuleData { path: "/nowhere/tool".into(), ..ModuleData::default() }],
        addresses: vec![
            Address { address: 0x10, module: Some(0), is_own: false },
            Address { address: 0x20, module: Some(0), is_own: false },
        ],
        threads: vec!["main".into()],
        traces: vec![
            trace(Reach::Whole, vec![0, 1], 150),
            trace(Reach::UnwindFailed, vec![1], 50),
            trace(Reach::Truncated, vec![], 100),
        ],
        ..Data::default()
    })
}

const NOTE: &str =
    "33.33 % of the bytes was allocated when the tables were full: its stacks are not known";
const MISSING_CALLERS: &str =
    "16.67 % of the bytes has stacks whose outer callers could not be found";

#[test]
fn text() {
    insta::assert_snapshot!(full().to_text(2), @"
    mem-profile trace: 300 B alive, 300 B at the peak, 0 B for the tables
    note: 33.33 % of the bytes was allocated when the tables were full: its stacks are not known
    note: 16.67 % of the bytes has stacks whose outer callers could not be found
    note: names are missing: the program is stripped, or its file is gone or was rebuilt. `strip = false` and `debug = 1` under its profile in Cargo.toml bring them, or `Snapshot::with_symbols` with the unstripped file

    Alive, by line
      tool+0x10: size=150 B, count=1, average=150 B, leak score=0.67
      [truncated: the tables were full]: size=100 B, count=1, average=100 B, leak score=0.67

    At the peak, by line
      tool+0x10: size=150 B, count=1
      [truncated: the tables were full]: size=100 B, count=1
    ");
}

#[test]
fn json_has_the_rest_and_the_notes() {
    let json: serde_json::Value = serde_json::from_str(&full().to_json()).unwrap();
    assert_eq!(json["notes"][0], NOTE);
    assert_eq!(json["notes"][1], MISSING_CALLERS);
    let stacks = json["stacks"].as_array().unwrap().iter();
    let mut names = stacks.map(|stack| (stack["name"].as_str().unwrap(), &stack["live_bytes"]));
    assert!(names.any(|(name, bytes)| name.starts_with("[truncated") && *bytes == 100));
}

#[test]
fn folded_stacks_end_in_what_is_not_known() {
    insta::assert_snapshot!(full().to_folded(Measure::Live), @"
    [callers not found];tool+0x20 50
    [truncated: the tables were full] 100
    tool+0x20;tool+0x10 150
    ");
}

#[test]
fn frames_that_folding_left_out_are_marked_in_every_view() {
    let mut data = full().data().clone();
    data.addresses.push(Address { address: RECURSION, module: None, is_own: false });
    data.traces[0].frames = vec![0, 2, 1];
    let snapshot = Snapshot::of(data);
    let note = "50.00 % of the bytes has stacks with [recursion] in the place of repeated calls: \
                cumulative figures of lines inside are lower bounds";
    assert_eq!(snapshot.notes()[2], note);
    assert!(snapshot.to_text(2).contains(&format!("note: {note}\n")));
    assert!(snapshot.to_folded(Measure::Live).contains("tool+0x20;[recursion];tool+0x10 150\n"));
    let views = [snapshot.to_json(), snapshot.to_dhat()];
    assert!(views.iter().all(|view| view.contains(r#"[recursion]""#) && view.contains(note)));
    for cumulative in [snapshot.statistics(By::Line), snapshot.statistics_cumulative(By::Line)] {
        assert!(cumulative.iter().all(|one| one.name != "[recursion]"), "it holds nothing");
    }
}

#[cfg(feature = "flamegraph")]
#[test]
fn a_flame_graph_has_the_notes_below_its_title() {
    let picture = full().to_flamegraph(Measure::Live);
    assert!(picture.contains(NOTE) && picture.contains("[truncated: the tables were full]"));
    assert!(picture.contains(">Live: 300 B<") && picture.contains("data-total=\"300\""));
    assert_eq!(full().to_flamegraph(Measure::Peak).matches("At peak: 300 B").count(), 1);
}

#[test]
fn dhat_has_every_stack_once_and_the_notes() {
    let json: serde_json::Value = serde_json::from_str(&full().to_dhat()).unwrap();
    assert!(json["mode"].as_str().unwrap().contains(NOTE));
    assert_eq!((&json["cmd"], &json["pid"]), (&"tool --all".into(), &7.into()));
    let points = serde_json::to_string(&json["pps"]).unwrap();
    insta::assert_snapshot!(points.replace("},", "},\n"), @r#"
    [{"eb":150,"ebk":1,"fs":[1,2],"gb":150,"gbk":1,"mb":150,"mbk":1,"tb":150,"tbk":1,"tl":0},
    {"eb":50,"ebk":1,"fs":[2,3],"gb":50,"gbk":1,"mb":50,"mbk":1,"tb":50,"tbk":1,"tl":0},
    {"eb":100,"ebk":1,"fs":[4],"gb":100,"gbk":1,"mb":100,"mbk":1,"tb":100,"tbk":1,"tl":0}]
    "#);
    let names = serde_json::to_string(&json["ftbl"]).unwrap();
    insta::assert_snapshot!(names, @r#"["[root]","0x0: tool+0x10","0x0: tool+0x20","0x0: [callers not found]","0x0: [truncated: the tables were full]"]"#);
}

#[cfg(feature = "pprof")]
#[test]
fn pprof_has_a_place_for_what_is_not_known_and_comments() {
    let bytes = full().to_pprof();
    for text in [NOTE, MISSING_CALLERS, "[truncated: the tables were full]", "[callers not found]"]
    {
        let holds = bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(holds, "{text}");
    }
}

#[test]
fn two_threads_at_one_place_are_one_stack_of_dhat() {
    let snapshot = full();
    let mut data = snapshot.data().clone();
    let again = Trace { thread: 1, ..data.traces[0].clone() };
    data.traces.push(again);
    let json: serde_json::Value = serde_json::from_str(&Snapshot::of(data).to_dhat()).unwrap();
    assert_eq!(json["pps"].as_array().unwrap().len(), 3);
}

/// Text that a terminal, the log of a workflow and the formats would obey.
const HOSTILE: &str =
    "::error::\u{1b}[2J\u{9b}7m\u{7f}\u{202e}\u{200b}\n::warning::<script>;\"\\##[group]";

fn assert_harmless(view: &str, shown: &str) {
    let is_control = |sign: char| sign.is_control() && sign != '\n';
    let is_forbidden = |sign: char| is_control(sign) || "\u{202e}\u{200b}".contains(sign);
    assert!(!shown.contains(is_forbidden), "{view}: {shown:?}");
    assert!(!shown.lines().any(|line| line.trim_start().starts_with("::")), "{view}: {shown}");
    assert!(!shown.contains("##["), "{view}: {shown}");
}

#[test]
fn no_view_obeys_the_name_of_a_module() {
    let mut data = full().data().clone();
    data.modules[0].path = format!("/nowhere/{}", HOSTILE.replace('/', ""));
    data.command = HOSTILE.to_owned();
    data.threads = vec![HOSTILE.to_owned()];
    let hostile = Snapshot::of(data);
    assert_harmless("text", &hostile.to_text(9));
    assert_harmless("json", &hostile.to_json());
    assert_harmless("dhat", &hostile.to_dhat());
    let folded = hostile.to_folded(Measure::Live);
    assert_harmless("folded", &folded);
    assert_eq!((folded.lines().count(), folded.matches(';').count()), (3, 2), "{folded}");
    for by in [By::Line, By::Function, By::Crate, By::Traceback] {
        for statistic in hostile.statistics(by) {
            assert_harmless("statistic", &statistic.to_string());
            let frames = statistic.traceback.iter();
            frames.for_each(|frame| assert_harmless("frame", &frame.to_string()));
        }
    }
    let json: serde_json::Value = serde_json::from_str(&hostile.to_dhat()).unwrap();
    assert_eq!(json["cmd"], HOSTILE);
    #[cfg(feature = "flamegraph")]
    {
        let picture = hostile.to_flamegraph(Measure::Live).replace(['\t', '\r'], " ");
        assert_harmless("flame graph", &picture);
        assert_eq!(picture.matches("<script").count(), 1, "our own");
    }
}
