//! A process that leaks and is killed: its recording is whole, and names the line that leaked.
#![cfg(all(feature = "process", target_os = "linux"))]

use std::env;
use std::process::Command;
use std::time::Duration;

use mem_profile_monitor::flight::{End, Recorder};
use mem_profile_monitor::{Sample, last_run};
use mem_profile_trace::{self as trace, Config};

#[global_allocator]
static ALLOC: mem_profile_runtime::Alloc = mem_profile_runtime::Alloc::new();

const FOLDER: &str = "FLIGHT_TEST_FOLDER";
const MIB: usize = 1 << 20;

#[inline(never)]
fn leak(blocks: &mut Vec<Vec<[u8; 1024]>>) {
    blocks.push(vec![[1; 1024]; MIB / 1024]); // leaks
}

fn line() -> String {
    let sources = include_str!("killed.rs");
    let at = sources.lines().position(|line| line.ends_with("// leaks")).unwrap() + 1;
    format!("tests/killed.rs:{at}")
}

#[test]
fn the_recording_of_a_killed_process_names_the_line_that_leaked() {
    if let Some(folder) = env::var_os(FOLDER) {
        trace::start(Config::exact()).unwrap();
        let mut recorder = Recorder::open(folder.as_ref(), None, &Sample::default()).unwrap();
        let mut blocks = Vec::new();
        for mib in 0..100 {
            let sample = Sample { resident: mib * MIB as u64, ..Sample::default() };
            recorder.tick(&sample, mib == 98).unwrap();
            leak(&mut blocks);
        }
        let own = std::process::id().to_string();
        Command::new("kill").args(["-KILL", &own]).status().unwrap();
        std::thread::sleep(Duration::from_secs(60));
    }
    let folder = tempfile::tempdir().unwrap();
    let name = "the_recording_of_a_killed_process_names_the_line_that_leaked";
    let status = Command::new(env::current_exe().unwrap())
        .args([name, "--exact"])
        .env(FOLDER, folder.path())
        .status();
    assert!(!status.unwrap().success());
    let run = last_run(folder.path()).unwrap();
    assert_eq!((run.end, run.curve.len()), (End::Unknown, 100));
    assert_eq!(run.mark.unwrap().resident, 98 << 20, "when it became critical");
    let first = run.lines.first().unwrap();
    assert!(first.site.ends_with(&line()), "{}", run.text());
    // The list of the blocks has grown on the same line.
    assert_eq!(first.bytes, (98 << 20) + 128 * 24);
}
