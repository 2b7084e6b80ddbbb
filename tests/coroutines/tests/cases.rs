//! Each case in a process of its own.
#![cfg(target_os = "linux")]

use std::process::Command;

/// The case of this name.
fn case(name: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stacks"));
    command.arg(name).env("MEM_PROFILE_FORMAT", "none");
    command
}

/// Runs the case of this name, with these variables.
#[track_caller]
fn run(name: &str, variables: &[(&str, &str)]) {
    let output = case(name).envs(variables.iter().copied()).output().unwrap();
    let [stdout, stderr] =
        [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(output.status.success(), "{:?}\n{stdout}\n{stderr}", output.status);
    assert_eq!(stdout, format!("{name}: as expected\n"));
}

macro_rules! cases {
    ($($case:ident)*) => {
        $(
            #[test]
            fn $case() {
                run(stringify!($case), &[]);
                run(stringify!($case), &[("MEM_PROFILE_TIMELINE", "1")]);
                run(stringify!($case), &[("MEM_PROFILE_LIVE", "on")]);
            }
        )*

        /// With `rss`, the figures in bytes do not hold.
        #[test]
        fn the_resident_set_is_measured_without_a_crash() {
            for name in [$(stringify!($case)),*] {
                let output = case(name).env("MEM_PROFILE_BACKEND", "rss").output().unwrap();
                assert!(matches!(output.status.code(), Some(0 | 101)), "{name}: {output:?}");
            }
        }
    };
}

cases! {
    a_recursion_on_grown_stacks
    a_signal_handler_with_a_stack
    a_generator_by_itself
    a_generator_among_allocations
    generators_inside_of_each_other
    coroutines_in_turns
    coroutines_on_several_threads
    dropped_while_it_waits
    unwound_in_order
    ends_on_another_thread
    left_by_threads_that_end
    reset_while_it_waits
    forked_while_it_waits
    polls_of_tasks
    blocks_and_panics
    budgets_on_grown_stacks
    budgets_that_are_left
    peaks_around_budgets_that_are_left
}

#[test]
fn the_recording_of_a_killed_run_marks_functions_that_are_measured_in_part() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.mprof");
    let mut killed = case("killed_after_it_waited");
    let status = killed.env("MEM_PROFILE_OUTPUT", &path).status().unwrap();
    assert_eq!(status.code(), None);
    let recording = mem_profile::recording::Recording::open(&path).unwrap();
    let note = |name: &str| {
        let mut all = recording.snapshot.functions.iter();
        all.find(|function| function.name.ends_with(name)).unwrap().note.as_deref()
    };
    assert_eq!(note("::outer"), Some("measured in part: it ran on a coroutine"));
    assert_eq!(note("::plain"), None);
}
