//! Runs each program, and compares every row of every table with the figures in the comment at the end of
//! its source line.
//!
//! ```text
//! let v = bytes(1000); //= +1000 ^1000 1a 1000b 1x
//!                           │     │    │   │    └ occurrences
//!                           │     │    │   └ bytes allocated
//!                           │     │    └ allocations
//!                           │     └ peak
//!                           └ increment
//! ```
//!
//! Where live blocks are recorded, `p` states the bytes of the line itself that are live at the peak, and `l` those
//! that are live at the end, in programs that state any.
//!
//! A figure that is left out is zero; a line without `//=` does not run. `last` marks the row that
//! ended last in a function that was called once. A figure may be a sum of numbers and of names that
//! the program has given to sizes: `+100+2*F`. On a row of kind `entry` the comment states `x`, the
//! number of calls, and may state `^`, the peak of the function: usage and increment are the reading at
//! entry, which is compared with the program's own report.

mod harness;
mod memory_profiler;
#[cfg(target_os = "linux")]
mod rss;

use harness::Run;

macro_rules! programs {
    (@ $name:ident) => {
        (stringify!($name), env!(concat!("CARGO_BIN_EXE_", stringify!($name))))
    };
    ($($name:ident)*) => {
        const PROGRAMS: &[&str] = &[$(stringify!($name)),*];
        $(
            #[test]
            fn $name() {
                let (name, program) = programs!(@ $name);
                harness::check(&Run::new(name, program, name));
                if let Some(run) = Run::recording_live_blocks(name, program) {
                    harness::check_held(&run);
                }
                #[cfg(feature = "trace")]
                if name.starts_with("held_") {
                    harness::check_traced(&Run::traced(name, program));
                }
            }
        )*
    };
}

programs! {
    async_basics async_methods async_recursive async_runtime blocks branches calls cancelled
    closures drop_order exits_inside first_rows foreign_frees function_peaks growth
    held_across_lines held_across_threads held_at_equal_peaks held_below_a_step held_by_closures
    held_by_lines held_by_recursion held_by_statics held_by_tasks held_by_threads held_elsewhere
    held_from_outside held_in_a_line held_of_all_sizes jumps large loops macros matches
    memory_profiler methods open_peak panics process_peaks raised_lines recursion reentry snapshots
    straight thread_locals threads_at_exit threads_at_rest threads_come_and_go threads_reused
    waiting_frames
}

/// Each free is after the mark that another thread has left, or before it.
#[cfg(feature = "trace")]
#[test]
fn blocks_that_threads_free_at_one_time_are_all_in_the_tracer_s_peak() {
    for _ in 0..20 {
        harness::check_traced(&Run::traced("held_by_tasks", env!("CARGO_BIN_EXE_held_by_tasks")));
    }
}

/// Except those without the allocator, which have tests of their own.
#[test]
fn every_program_is_checked() {
    let sources = harness::sources().into_iter().filter(|name| !name.starts_with("rss_"));
    assert_eq!(Vec::from_iter(sources), PROGRAMS);
}
