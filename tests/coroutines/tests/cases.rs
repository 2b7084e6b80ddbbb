//! Each case in a process of its own.
#![cfg(target_os = "linux")]

use std::process::Command;

/// Runs the case of this name, with these variables.
#[track_caller]
fn run(case: &str, variables: &[(&str, &str)]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_coroutines"));
    command.arg(case).env("MEM_PROFILE_FORMAT", "none").envs(variables.iter().copied());
    let output = command.output().unwrap();
    let [stdout, stderr] =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(output.status.success(), "{:?}\n{stdout}\n{stderr}", output.status);
    assert_eq!(stdout, format!("{case}: as expected\n"));
}

macro_rules! cases {
    ($($case:ident)*) => {$(
        #[test]
        fn $case() {
            run(stringify!($case), &[]);
            run(stringify!($case), &[("MEM_PROFILE_TIMELINE", "1")]);
        }
    )*};
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
}
