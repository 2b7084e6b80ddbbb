//! Finds the recording that a process writes.

use std::fs;
use std::path::{Path, PathBuf};

use mem_profile_format::recording::ProcessMemory;

use crate::{output, process};

/// A recording that a process writes.
pub(crate) struct Written {
    pub(super) id: u32,
    pub(crate) path: PathBuf,
    pub(super) memory: ProcessMemory,
}

/// The recording that a process writes, if it does.
pub(crate) fn written_by(id: u32) -> Option<Written> {
    let mapped = process::mapped_files(id).ok()?;
    let mapped = mapped.iter().map(|path| process::path_outside(id, path));
    mapped.filter(|path| output::is_recording(path)).find_map(|path| {
        let memory = ProcessMemory::open(&path).ok()?;
        // A child may have a recording of its parent mapped.
        let is_own = process::number_inside(id) == Some(memory.process);
        is_own.then_some(Written { id, path, memory })
    })
}

/// Whether a process writes the recording at a path.
pub(crate) fn writes(id: u32, path: &Path) -> bool {
    let found = written_by(id).and_then(|written| fs::canonicalize(written.path).ok());
    found.is_some() && found == fs::canonicalize(path).ok()
}
