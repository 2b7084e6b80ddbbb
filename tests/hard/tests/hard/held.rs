//! Live blocks by line, in the places where a profiler goes wrong. Each sum over all lines is the whole process.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

use mem_profile::Snapshot;
use mem_profile::recording::{Reason, Recording, State};
use tempfile::TempDir;

use crate::run::{Ended, bin, program, run};

/// The program `held`, which checks itself.
fn held(arguments: &[&str]) -> Command {
    let mut command = program(env!("CARGO_BIN_EXE_held"), arguments);
    command.env("MEM_PROFILE_LIVE", "on").env("MEM_PROFILE_FORMAT", "none");
    command
}

fn assert_right(command: &mut Command) {
    let Ended { status, stdout, stderr } = run(command);
    assert_eq!((status.code(), stdout.as_str(), stderr.as_str()), (Some(0), "right\n", ""));
}

/// Runs the scene by itself and once more with its figures in a file.
fn assert_right_and_recorded(scene: &str) -> Recording {
    assert_right(&mut held(&[scene]));
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("run.mprof");
    assert_right(held(&[scene]).env("MEM_PROFILE_OUTPUT", &path));
    let recording = Recording::open(&path).unwrap();
    assert_eq!(recording.state, State::Complete);
    assert_adds_up(&recording.snapshot, 0);
    recording
}

/// All paths together have what the process has, but for so many bytes.
fn assert_adds_up(snapshot: &Snapshot, slack: u64) {
    let total = snapshot.paths.as_ref().expect("live blocks are recorded").total();
    let live = snapshot.process_bytes.expect("there is an allocator");
    assert!(total.live.abs_diff(live) <= slack, "{} of {live} bytes", total.live);
    let peak = snapshot.peak.expect("live blocks come with a peak");
    let difference = total.at_peak.abs_diff(peak.bytes);
    assert!(difference <= peak.uncertainty + slack, "{} of {peak:?}", total.at_peak);
}

/// Bytes at the peak and live on the lines of a function.
fn lines(snapshot: &Snapshot, function: &str) -> [u64; 2] {
    let name = format!("held::work::{function}");
    let function = snapshot.functions.iter().find(|it| it.name == name).expect("it ran");
    let sum = |figure: fn(&mem_profile::LineSnapshot) -> Option<u64>| {
        function.lines.iter().filter_map(figure).sum()
    };
    [sum(|line| line.at_peak), sum(|line| line.live)]
}

#[test]
fn a_peak_is_known_the_better_the_fewer_threads_run_at_one_time() {
    assert_right(&mut held(&["come_and_go"]));
}

#[test]
fn a_forked_child_holds_what_its_parent_did_and_each_goes_on_alone() {
    let recording = assert_right_and_recorded("forks");
    // Of the parent alone.
    assert_eq!(lines(&recording.snapshot, "make"), [300_000, 0]);
    assert_eq!(lines(&recording.snapshot, "make_elsewhere"), [500_000, 0]);
}

#[test]
fn a_reset_begins_the_peak_anew_and_keeps_what_is_live() {
    assert_right_and_recorded("resets");
}

#[test]
fn a_thread_past_its_end_takes_blocks_off_their_lines() {
    let recording = assert_right_and_recorded("past_end");
    assert_eq!(lines(&recording.snapshot, "make"), [200_000, 0]);
}

#[test]
fn random_operations_leave_each_line_what_it_had_at_the_peak() {
    assert_right_and_recorded("random_peak");
}

#[test]
fn random_operations_at_the_same_time_leave_each_line_what_is_live() {
    assert_right_and_recorded("random_parallel");
}

#[test]
fn random_operations_of_threads_add_up_after_each() {
    assert_right_and_recorded("random_threads");
}

#[test]
fn lines_stay_exact_where_there_are_too_many_paths() {
    assert_right(&mut held(&["has_many_paths"]));
}

/// Nearly each tenth time was wrong when a mark and its epoch were two words.
#[test]
fn threads_that_free_at_one_moment_leave_the_peak_on_its_lines() {
    let ended = run(&mut held(&["peaks_at_once"]));
    let wrong: u32 = ended.stdout.trim().parse().expect("a number");
    assert!(wrong <= 5, "{wrong} of 500 times");
}

fn recorded(folder: &TempDir) -> std::path::PathBuf {
    folder.path().join("run.mprof")
}

fn open(path: &Path) -> Recording {
    Recording::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn a_kill_loses_no_block_but_those_that_were_being_made() {
    let folder = TempDir::new().unwrap();
    let mut child = held(&["killed"]).env("MEM_PROFILE_OUTPUT", recorded(&folder)).spawn().unwrap();
    let status = loop {
        // Meanwhile it is read while all threads write.
        if let Ok(Recording { snapshot, .. }) = Recording::open(&recorded(&folder))
            && let Some(paths) = &snapshot.paths
        {
            assert!(paths.are_sound(snapshot.functions.len()), "{paths:?}");
        }
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
    };
    assert_eq!(status.signal(), Some(9));
    let Recording { snapshot, state, .. } = open(&recorded(&folder));
    assert_eq!(state, State::Incomplete(vec![Reason::Ended]));
    // A block of each thread, of 1,000 bytes at most.
    assert_adds_up(&snapshot, 4000);
    let on_lines: u64 =
        ["make", "make_elsewhere", "grow", "shrink"].map(|it| lines(&snapshot, it)[1]).iter().sum();
    assert!(on_lines > 500_000, "{on_lines}");
}

#[test]
fn live_blocks_are_read_while_threads_hold_them() {
    let folder = TempDir::new().unwrap();
    let mut command = held(&["waits"]);
    command.env("MEM_PROFILE_OUTPUT", recorded(&folder));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let Recording { snapshot, state, .. } = open(&recorded(&folder));
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    assert_eq!((line.as_str(), state), ("here\n", State::Running));
    assert_adds_up(&snapshot, 0);
    assert_eq!(lines(&snapshot, "make"), [600_000, 600_000]);
    assert_eq!(lines(&snapshot, "make_elsewhere"), [3000, 3000]);
    let Recording { snapshot, state, .. } = open(&recorded(&folder));
    assert_eq!(state, State::Complete);
    assert_eq!(lines(&snapshot, "make"), [600_000, 0]);
}

#[test]
fn a_recording_that_begins_too_late_for_live_blocks_says_so() {
    let folder = TempDir::new().unwrap();
    let path = recorded(&folder);
    let ended = run(&mut held(&["late", path.to_str().unwrap()]));
    assert_eq!((ended.code(), ended.stdout.trim()), (Some(0), path.to_str().unwrap()));
    let line = format!(
        "mem-profile: MEM_PROFILE_LIVE=on has no effect on {}: other threads ran when it began; call \
         `record_to` first thing in `main`\n",
        path.display()
    );
    assert_eq!(ended.stderr, line);
    assert_eq!(open(&path).snapshot.paths, None);
}

#[test]
fn around_another_allocator_live_blocks_need_a_feature() {
    let ended = run(bin!("twice").env("MEM_PROFILE_LIVE", "on").env("MEM_PROFILE_FORMAT", "none"));
    assert_eq!(
        ended.stderr,
        "mem-profile: MEM_PROFILE_LIVE=on has no effect: around another allocator, it needs the \
         feature `live` of mem-profile\n"
    );
    let of_command =
        run(bin!("twice").env("MEM_PROFILE_LIVE", "auto").env("MEM_PROFILE_FORMAT", "none"));
    assert_eq!((ended.code(), of_command.stderr.as_str()), (Some(0), ""), "nobody has asked");
}
