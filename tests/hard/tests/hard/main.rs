//! Each test runs a program of this package under difficult conditions, and checks its report.
#![cfg(target_os = "linux")]

mod allocators;
mod endings;
mod environment;
mod fixtures;
mod held;
mod interrupted;
mod processes;
mod recordings;
mod requests;
mod run;
mod scale;
mod streams;
mod switched_off;
mod targets;
mod timelines;
mod unloading;
mod unusual_build;
mod versions;
