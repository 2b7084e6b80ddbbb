//! Systems without signals: Ctrl-C at a terminal ends both the program and this command.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::ExitStatus;

/// A received signal: there are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {}

pub(crate) fn receive(_receive: impl FnMut(Signal) -> bool + Send + 'static) {}

pub(crate) fn pass_on(signal: Signal, _child: u32) {
    match signal {}
}

/// Asks a process to capture its heap: none does here.
pub(crate) fn ask_for_capture(_process: u32) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The largest resident set of a process below this one, which this system does not report.
pub(crate) fn largest_below() -> Option<u64> {
    None
}

/// A file that this process has open already. No path refers to one here.
pub(crate) fn own_file(_path: &Path) -> Option<File> {
    None
}

/// The exit code of the program.
pub(crate) fn exit_code(status: ExitStatus) -> u8 {
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}
