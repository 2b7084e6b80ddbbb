//! Two instruments, one truth: which lines hold the memory, from the recorder of live blocks and from stacks.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use crate::run::{folder, printed, program};

const SCENES: [&str; 7] =
    ["caller", "statements", "outer", "recursive", "threads", "awaits", "generic"];

/// The figures at the program's end, with these variables.
fn figures(scene: &str, variables: &[(&str, &str)]) -> Value {
    let name = variables.iter().map(|(name, value)| format!("{name}-{value}")).collect::<String>();
    let path = folder("held").join(format!("{scene}-{name}.json"));
    let mut command: Command = program!("lines_hold", scene);
    command.env_remove("MEM_PROFILE_LIVE").env("MEM_PROFILE_FORMAT", "json");
    command.env("MEM_PROFILE_OUTPUT", &path).envs(variables.iter().copied());
    printed(&mut command);
    serde_json::from_str(&std::fs::read_to_string(&path).expect("a report")).expect("JSON")
}

fn recorded(scene: &str) -> Value {
    figures(scene, &[("MEM_PROFILE_LIVE", "on")])
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().expect("a list").iter()
}

/// The column of each line.
fn column(figures: &Value, name: &str) -> Vec<(u64, Option<u64>)> {
    let lines = list(&figures["functions"]).flat_map(|function| list(&function["lines"]));
    lines.map(|line| (line["line"].as_u64().expect("a line"), line[name].as_u64())).collect()
}

/// Whether a path is recursive, and what it holds at the peak and at the end.
type Path = (bool, [u64; 4], u64);

/// All paths, by the lines from the outermost on.
fn paths(figures: &Value) -> BTreeMap<Vec<u64>, Path> {
    let all: Vec<_> = list(&figures["paths"]["all"]).collect();
    let number = |value: &Value| value.as_u64().expect("a number");
    let lines = |path: &Value| {
        let callers = std::iter::successors(Some(path), |path| {
            path["caller"].as_u64().map(|caller| all[caller as usize])
        });
        let mut lines: Vec<_> = callers.map(|path| number(&path["line"])).collect();
        lines.reverse();
        lines
    };
    let figures = |path: &Value| {
        let own = held(&path["own"]);
        (path["is_recursive"].as_bool().expect("a flag"), own, number(&path["own"]["allocations"]))
    };
    let found: BTreeMap<_, _> = all.iter().map(|path| (lines(path), figures(path))).collect();
    assert_eq!(found.len(), all.len(), "no path is there twice");
    found
}

fn held(own: &Value) -> [u64; 4] {
    ["at_peak", "at_peak_blocks", "live", "live_blocks"]
        .map(|name| own[name].as_u64().expect("a number"))
}

/// Bytes at the peak and live, over all paths and what is on none.
fn sums(figures: &Value) -> [u64; 2] {
    let paths = &figures["paths"];
    let own = list(&paths["all"]).map(|path| &path["own"]);
    let all = own.chain([&paths["outside"], &paths["unattributed"]]).map(held);
    all.fold([0, 0], |[at_peak, live], held| [at_peak + held[0], live + held[2]])
}

#[test]
fn lines_hold_the_same_from_stacks_as_recorded() {
    for scene in SCENES {
        let (recorded, traced) = (recorded(scene), figures(scene, &[("MEM_PROFILE_TRACE", "1")]));
        for name in ["at_peak", "live"] {
            let column = column(&recorded, name);
            assert_eq!(self::column(&traced, name), column, "{scene}: {name}");
        }
        let paths = paths(&traced);
        assert!(paths.values().any(|(_, [_, _, live, _], _)| *live > 0), "{scene}");
        assert_eq!(paths, self::paths(&recorded), "{scene}");
        for part in ["outside", "unattributed"] {
            let part_of = |figures: &Value| held(&figures["paths"][part]);
            assert_eq!(part_of(&traced), part_of(&recorded), "{scene}: {part}");
        }
        let peak = |figures: &Value| figures["peak"]["bytes"].as_u64();
        assert_eq!(peak(&traced), peak(&recorded), "{scene}");
        let [at_peak, live] = sums(&traced);
        assert_eq!(Some(live), traced["process_bytes"].as_u64(), "{scene}");
        let difference = peak(&traced).expect("a peak").abs_diff(at_peak);
        let uncertainty = traced["peak"]["uncertainty"].as_u64().expect("a number");
        assert!(difference <= uncertainty, "{scene}: {difference} bytes");
        assert_eq!(uncertainty == 0, scene != "threads", "{scene}");
        assert!(traced["peak"]["after"].is_u64(), "{scene}");
        assert_eq!(traced["notes"], recorded["notes"], "{scene}");
    }
}

#[test]
fn recorded_lines_are_the_same_while_the_tracer_runs() {
    for how in ["1", "sample"] {
        let variables = [("MEM_PROFILE_LIVE", "on"), ("MEM_PROFILE_TRACE", how)];
        let (both, recorded) = (figures("caller", &variables), recorded("caller"));
        assert_eq!(paths(&both), paths(&recorded), "{how}");
        assert_eq!(sums(&both), sums(&recorded), "{how}");
    }
}

#[test]
fn a_sample_does_not_say_which_lines_hold_the_memory() {
    let sampled = figures("caller", &[("MEM_PROFILE_TRACE", "sample")]);
    assert!(sampled["paths"].is_null());
    for name in ["at_peak", "live"] {
        assert!(column(&sampled, name).iter().all(|(_, figure)| figure.is_none()), "{name}");
    }
}

/// The lines that hold anything: as recorded, and from stacks.
fn live(scene: &str) -> [Vec<u64>; 2] {
    let (recorded, traced) = (recorded(scene), figures(scene, &[("MEM_PROFILE_TRACE", "1")]));
    assert_eq!(sums(&traced), sums(&recorded));
    [recorded, traced].map(|figures| {
        let column = column(&figures, "live").into_iter();
        column.filter_map(|(_, live)| live.filter(|&bytes| bytes > 0)).collect()
    })
}

#[test]
fn a_macro_of_the_program_has_no_row_in_stacks() {
    assert_eq!(live("macro"), [vec![48, 600, 30], vec![48, 30]]);
    let traced = figures("macro", &[("MEM_PROFILE_TRACE", "1")]);
    assert_eq!(held(&traced["paths"]["unattributed"]), [600, 1, 600, 1]);
}

/// It has no frame of its own for the recorder.
#[test]
fn a_closure_without_a_block_is_on_its_own_line_in_stacks() {
    assert_eq!(live("lazy"), [vec![48 + 101], vec![101, 48]]);
}
