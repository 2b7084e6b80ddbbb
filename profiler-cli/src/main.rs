//! `cargo mem-profile`: looks at, compares and checks the recordings of
//! [`mem-profile`](https://docs.rs/mem-profile), and samples the memory of any program over time.
//!
//! | folder or file | what it does |
//! |---|---|
//! | `command` | one file per subcommand: its options, and the steps it takes |
//! | `recording` | the one way in: a file → what was recorded |
//! | `compare` | two recordings → what changed |
//! | `check` | a recording, and what it is held to → a verdict |
//! | `timeline` | memory over time: samples and calls, their files, and who takes and writes them |
//! | `process` | what the system tells of other processes; only this folder knows systems apart |
//! | `figures` | the numbers of a line and of a function, and the orders by them |
//! | `view` | figures → text or bytes, one renderer per file; none reads or writes anything |
//! | `output` | the one way out |

mod check;
mod command;
mod compare;
mod figures;
mod output;
mod process;
mod recording;
#[cfg(test)]
mod sample;
mod timeline;
mod view;

use std::process::ExitCode;

fn main() -> ExitCode {
    command::main()
}
