//! The command as a user runs it: arguments, files, pipes and exit codes.
#![allow(missing_docs)]

#[cfg(target_os = "linux")]
mod account;
#[cfg(target_os = "linux")]
mod any_process;
mod asked;
#[path = "../../../profiler-graph/tests/builder/mod.rs"]
mod builder;
mod check;
mod diff;
mod export;
mod files;
#[cfg(target_os = "linux")]
mod foreign_accounts;
mod graph;
#[cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
mod graph_run;
mod hostile;
mod in_part;
mod manual;
mod measured;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod pinned;
#[cfg(target_os = "linux")]
mod pipes;
mod post_mortem;
#[cfg(target_os = "linux")]
mod python;
mod recorded;
mod report;
mod run;
#[path = "../../src/sample.rs"]
#[allow(dead_code, unreachable_pub)]
mod sample;
mod sampled;
#[cfg(target_os = "linux")]
mod signals;
#[cfg(unix)]
mod started;
#[cfg(unix)]
mod targets;
#[cfg(target_os = "linux")]
mod terminal;
mod watch;
