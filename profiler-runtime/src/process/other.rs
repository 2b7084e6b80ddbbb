//! Systems that are neither Unix nor Windows: no notice of ends, no terminal.

use std::ffi::c_void;
use std::io::{self, Write};
use std::path::Path;

use super::contract::{Stream, ThreadExit};

pub(super) fn on_thread_exit(_callback: ThreadExit) -> bool {
    false
}

pub(super) fn arm(_pointer: *mut c_void) -> bool {
    false
}

pub(super) fn disarm_all() {}

pub(super) fn at_exit(_callback: extern "C" fn()) -> bool {
    false
}

pub(super) fn write_all(stream: Stream, bytes: &[u8]) -> io::Result<()> {
    match stream {
        Stream::Stdout => io::stdout().write_all(bytes).and_then(|()| io::stdout().flush()),
        Stream::Stderr => io::stderr().write_all(bytes),
    }
}

pub(super) fn forks() -> u32 {
    0
}

pub(super) fn write_to(path: &Path, bytes: &[u8]) -> io::Result<()> {
    std::fs::write(path, bytes)
}

pub(super) fn terminal_width(_stream: Stream) -> Option<usize> {
    None
}

#[cfg(feature = "monitor")]
pub(super) fn lock_file(_file: &std::fs::File) -> io::Result<bool> {
    Ok(true)
}
