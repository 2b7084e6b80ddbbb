//! What the operating system tells of other processes. Only this folder knows systems apart.

#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "other.rs")]
mod system;

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(not(unix), path = "not_unix.rs")]
pub(crate) mod signals;

use clap::ValueEnum;

pub(crate) use signals::own_file;

#[cfg(feature = "tui")]
pub(crate) use system::mapped_files;
pub(crate) use system::{Table, check, command_line, is_open_for_writing, named, parents};

/// What is counted as the memory of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Backend {
    /// Resident set: pages in memory, shared ones included
    Rss,
    /// Proportional set: of a page that is shared by two, a half (Linux)
    Pss,
    /// Unique set: pages that no other process has (Linux)
    Uss,
}

/// What a process has in use, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) bytes: u64,
    /// The most that it ever had, where the system keeps that: of the resident set, on Linux.
    pub(crate) peak: Option<u64>,
}
