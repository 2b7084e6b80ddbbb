//! `run`: small projects of all kinds. All share one target folder, and each stays in the same folder, so
//! that they are built only once.

#[cfg(target_os = "linux")]
mod account;
mod allocators;
mod learned;
#[cfg(target_os = "linux")]
mod monitor;
mod one_line;
mod project;
mod projects;
mod sources;
