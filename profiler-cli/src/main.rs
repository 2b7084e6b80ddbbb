//! `cargo mem-profile`: measures programs, samples their memory over time, and views, compares and
//! checks recordings of `mem-profile`.
//!
//! | folder or file | what it does |
//! |---|---|
//! | `command` | the subcommands: one file each, with its options and its steps |
//! | `input` | reads files, pipes and devices; nothing else opens an input |
//! | `recording` | bytes → a recording |
//! | `compare` | two recordings → changes |
//! | `check` | a recording and its limits → a verdict |
//! | `timeline` | memory over time: sampling, sample files, calls |
//! | `process` | reads other processes; the only folder with code for one operating system |
//! | `figures` | figures of lines and functions |
//! | `order` | orders of functions, by the columns of a report |
//! | `highest` | the maximum of any range of a series |
//! | `view` | figures → text or bytes: one renderer per file, without I/O |
//! | `output` | writes results and messages; nothing else prints |
//! | `outcome` | exit codes |
//! | `config` | settings from files |
//! | `progress` | says what a long step is doing |
//! | `project` | the project, from `cargo metadata` |
//! | `pattern` | selects functions to measure |
//! | `runs` | the recordings that `run` makes, below the target folder |
//! | `left_out` | functions that `run` leaves out, by the last recording |
//! | `runtime` | builds the runtime that measured crates are linked with |
//! | `wrapper` | runs in place of rustc, and compiles rewritten copies |

mod check;
mod command;
mod compare;
mod config;
#[cfg(all(test, target_os = "linux"))]
mod every_row;
mod figures;
mod highest;
#[cfg(test)]
mod hostile;
mod input;
mod left_out;
mod order;
mod outcome;
mod output;
mod pattern;
mod process;
mod progress;
mod project;
mod recording;
mod resident;
mod runs;
mod runtime;
#[cfg(test)]
mod sample;
mod timeline;
mod view;
mod wrapper;

use std::process::ExitCode;

use mem_profile_format::recording::set_open_check;

fn main() -> ExitCode {
    set_open_check(process::is_open_for_writing);
    wrapper::run().unwrap_or_else(command::main)
}
