//! Reads the memory of other processes, and forwards signals. This room owns all code for one operating
//! system, and all `unsafe` but one call in `config`. It never writes a file, and never prints.

#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "other.rs")]
mod system;

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(not(unix), path = "not_unix.rs")]
pub(crate) mod signals;

use std::io::{self, ErrorKind};

use anyhow::anyhow;
use clap::ValueEnum;

pub(crate) use signals::{ask_for_capture, largest_below, own_file};

pub(crate) use system::{
    Capturing, ProcessTable, capturing, check, command_line, is_open_for_writing, mapped_files,
    named, number_inside, parents, path_outside, program,
};

/// Kinds of memory of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Backend {
    /// Resident set: pages in memory, including shared ones
    Rss,
    /// Proportional set: shared pages count in part, such as half a page for two processes (Linux)
    Pss,
    /// Unique set: pages that no other process shares (Linux)
    Uss,
}

/// Memory in use by a process, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) bytes: u64,
    /// The highest value so far, if the system keeps it: for the resident set on Linux.
    pub(crate) peak: Option<u64>,
}

/// Why the memory of a process cannot be read.
pub(crate) fn unreadable(id: u32, error: io::Error) -> anyhow::Error {
    match error.kind() {
        ErrorKind::NotFound => anyhow!("there is no process {id}, or it is hidden"),
        ErrorKind::PermissionDenied => {
            anyhow!("process {id} cannot be read: run this command as its user, or as root")
        }
        _ => anyhow!(error).context(format!("cannot read the memory of process {id}")),
    }
}
