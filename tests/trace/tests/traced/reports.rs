//! What is said of the figures, and whether others can read it.

use std::process::Command;

use crate::run::{folder, printed, program, run, text};

#[test]
fn every_figure_is_exact() {
    assert_eq!(printed(&mut program!("figures")), "right\n");
}

#[test]
fn a_variable_is_enough_for_a_report_at_the_end() {
    let output = run(program!("places", "around").env("MEM_PROFILE_TRACE", "1"));
    let text = text(&output.stderr);
    for part in ["mem-profile trace: ", "Alive, by line\n", "At the peak, by line\n"] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    assert!(!text.contains("raw_vec.rs"), "{text}");
}

#[test]
fn other_readers_agree_with_our_json() {
    let folder = folder("reports");
    printed(&mut program!("figures", &folder));
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a report");
    let json: serde_json::Value = serde_json::from_str(&read("json")).expect("JSON");
    let live = json["live_bytes"].as_u64().expect("bytes");
    let dhat: serde_json::Value = serde_json::from_str(&read("dhat")).expect("JSON");
    let ends = dhat["pps"].as_array().expect("points").iter();
    assert_eq!(ends.map(|point| point["eb"].as_u64().expect("bytes")).sum::<u64>(), live);
    let mut pprof = Command::new("go");
    pprof.args(["tool", "pprof", "-top", "-unit=B", "-nodefraction=0", "-nodecount=10000"]);
    let Ok(output) = pprof.arg(folder.join("pprof")).env("HOME", &folder).output() else {
        eprintln!("go is not installed: pprof was not compared");
        return;
    };
    let (text, error) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{error}");
    let total = format!("100% of {live}B total");
    assert!(text.contains(&total), "{total} is not in {text}{error}");
}

#[test]
fn lines_of_annotated_functions_say_what_is_alive() {
    let output = run(program!("lines").env("MEM_PROFILE_FORMAT", "table"));
    assert_eq!(text(&output.stdout), "right\n", "{}", text(&output.stderr));
    let titles = "Line #    Mem usage    Increment         Peak         Live  Allocs";
    assert_eq!(text(&output.stderr).matches(titles).count(), 5, "a table each");
}
