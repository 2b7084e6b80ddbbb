//! `cargo mem-profile`: measures programs, samples their memory over time, and looks at, compares
//! and checks the recordings of `mem-profile`.
//!
//! | folder or file | what it does |
//! |---|---|
//! | `command` | one file per subcommand: its options, and the steps it takes |
//! | `input` | the one way in: files, pipes and devices, each read once |
//! | `recording` | what is read → what was recorded |
//! | `compare` | two recordings → what changed |
//! | `check` | a recording, and what it is held to → a verdict |
//! | `timeline` | memory over time: samples and calls, their files, and who takes and writes them |
//! | `process` | what the system tells of other processes; only this folder knows systems apart |
//! | `figures` | the numbers of a line and of a function, and the orders by them |
//! | `highest` | the highest of any part of a series |
//! | `view` | figures → text or bytes, one renderer per file; none reads or writes anything |
//! | `output` | the one way out |
//! | `outcome` | how a command ends, and its exit code |
//! | `config` | settings from files |
//! | `project` | what cargo knows of a project |
//! | `pattern` | which functions are asked for |
//! | `runtime` | what rewritten crates are linked with |
//! | `wrapper` | the command in the place of the compiler |

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
mod outcome;
mod output;
mod pattern;
mod process;
mod project;
mod recording;
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
