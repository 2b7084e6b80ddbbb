//! Where there are no signals: a terminal's Ctrl-C goes to the program, and ends this command too.

use std::fs::File;
use std::path::Path;
use std::process::ExitStatus;

/// A signal that came: none ever does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {}

pub(crate) fn receive(_receive: impl FnMut(Signal) -> bool + Send + 'static) {}

pub(crate) fn pass_on(signal: Signal, _child: u32) {
    match signal {}
}

/// Another hold of a file that this command has open already; there is no path that leads to one.
pub(crate) fn own_file(_path: &Path) -> Option<File> {
    None
}

/// The code with which the program ended.
pub(crate) fn exit_code(status: ExitStatus) -> u8 {
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}
