//! Names of the running program's own functions as its system finds them, where their file is of a
//! format that we do not read: Microsoft's program database.
//!
//! On Windows the modules are listed when a report is made. Only the system reads program
//! databases, and only for the program that runs.

use crate::frame::Frame;
use crate::workspaces::{Workspaces, frame};

/// The function that called with this return address, and those that it was inlined into.
pub(crate) fn frames(address: u64, workspaces: &mut Workspaces) -> Vec<Frame> {
    let mut frames = Vec::new();
    backtrace::resolve(std::ptr::without_provenance_mut(address as usize), |symbol| {
        if let Some(name) = symbol.name() {
            let file = symbol.filename().map(|file| file.to_string_lossy()).unwrap_or_default();
            let line = symbol.lineno().unwrap_or(0);
            frames.push(frame(format!("{name:#}"), &file, line, workspaces));
        }
    });
    frames
}
