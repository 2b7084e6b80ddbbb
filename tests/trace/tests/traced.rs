//! Runs each program in a process of its own.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// How much is compared: a million captures and more in optimised builds.
const SCALE: &str = if cfg!(debug_assertions) { "1" } else { "5" };

macro_rules! program {
    ($name:literal $(, $argument:expr)*) => {{
        let mut command = Command::new(env!(concat!("CARGO_BIN_EXE_", $name)));
        command.env_remove("MEM_PROFILE_TRACE").env("MEM_PROFILE_FORMAT", "none");
        $(command.arg($argument);)*
        command
    }};
}

fn run(command: &mut Command) -> Output {
    command.output().expect("the program starts")
}

/// What a program that went well printed.
fn printed(command: &mut Command) -> String {
    let output = run(command);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}\n{}", output.status, text(&output.stderr));
    text(&output.stdout)
}

/// A folder for what the test called `name` writes.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

#[test]
fn stacks_and_figures_are_those_that_were_recorded() {
    let mut captures = 0;
    for work in ["json", "map", "tree", "regex", "threads", "tokio", "rayon", "scope"] {
        for walk in ["short", "full"] {
            let text = printed(&mut program!("truth", work, SCALE, walk));
            captures += text.split(' ').next().and_then(|n| n.parse::<u64>().ok()).expect("number");
        }
    }
    let least = if cfg!(debug_assertions) { 400_000 } else { 2_000_000 };
    assert!(captures > least, "only {captures} captures were compared");
}

#[test]
fn every_figure_is_exact() {
    assert_eq!(printed(&mut program!("figures")), "right\n");
}

#[test]
fn threads_are_traced_to_their_very_end() {
    let text = printed(&mut program!("places", "threads"));
    // What comes after the locals is counted without a stack, but is counted.
    let expected = "(10000, 10)\n";
    assert!(text.starts_with(&expected.replace('\n', " ")), "{text}");
    let sum = 10 * (1000 + 50 + 20);
    let all: i64 = text.split([' ', '\n']).nth(2).and_then(|n| n.parse().ok()).expect("a sum");
    assert!(all >= sum, "{text}");
    assert_eq!(text.lines().nth(1), Some("10 10"), "twice five threads of each name: {text}");
}

#[test]
fn a_forked_child_stops_and_may_start_again() {
    assert_eq!(printed(&mut program!("places", "fork")), "Some(5) (110, 2)\n");
}

#[test]
fn a_library_may_take_the_place_of_another() {
    let own = std::env::current_exe().expect("the path of this test");
    let library = own.with_file_name("librelay.so");
    let copies = ["one.so", "two.so"].map(|name| folder("libraries").join(name));
    copies.iter().for_each(|copy| _ = std::fs::copy(&library, copy).expect("a copy"));
    let text = printed(&mut program!("places", "library", &copies[0], &copies[1]));
    assert_eq!(text, "(600, 2) 600 true\n[]\n");
}

#[test]
fn a_handler_on_a_stack_of_its_own_has_its_callers() {
    let text = printed(&mut program!("places", "alternate"));
    assert!(text.starts_with("(4000, 10) (4000, 10)\n"), "{text}");
}

#[test]
fn a_coroutine_may_go_with_its_stack() {
    let text = printed(&mut program!("places", "coroutine"));
    let (held, kept) = text.trim().rsplit_once(' ').expect("two");
    assert_eq!(held, format!("({kept}, 20)"));
}

#[test]
fn a_handler_of_a_full_stack_may_allocate() {
    let status = run(&mut program!("places", "overflow")).status;
    assert_eq!(status.code(), Some(7), "{status}");
}

#[test]
fn before_and_after_main_is_traced() {
    assert_eq!(printed(&mut program!("places", "around")), "1234 (4321, 1)\n");
}

#[test]
fn signals_interrupt_the_tracer_and_blocks_lie_close() {
    let output = run(&mut program!("bump"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(text, "true true true\n", "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_sample_is_right_on_average_and_as_exact_as_theory_says() {
    let text = printed(&mut program!("sampled"));
    for line in text.lines() {
        let numbers: Vec<f64> = line.split(' ').filter_map(|number| number.parse().ok()).collect();
        let [bias, spread, theory] = numbers[..] else { panic!("{line}") };
        assert!(bias.abs() < 3.5 * theory / 40_f64.sqrt(), "biased: {line}");
        assert!(spread < 1.5 * theory, "not exact: {line}");
        assert!(spread > 0.0, "everything was taken: {line}");
    }
    assert_eq!(text.lines().count(), 3);
}

#[test]
fn the_first_block_of_a_thread_is_in_a_sample_by_the_same_chance_as_any() {
    let text = printed(&mut program!("first"));
    let held: i64 = text.trim().parse().expect("a number");
    // 20,000 bytes, give or take 9,000; if all were taken, 830,000.
    assert!(held < 100_000, "{held} bytes");
}

#[test]
fn a_variable_is_enough_for_a_report_at_the_end() {
    let output = run(program!("places", "around").env("MEM_PROFILE_TRACE", "1"));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
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
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{error}");
    let total = format!("100% of {live}B total");
    assert!(text.contains(&total), "{total} is not in {text}{error}");
}
