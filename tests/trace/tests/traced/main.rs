//! Runs each program in a process of its own.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod builds;
mod coroutines;
mod held;
mod places;
mod readers;
mod recursion;
mod reports;
mod run;
mod truth;
