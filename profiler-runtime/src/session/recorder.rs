//! Where a run is recorded.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::{output, sampler};
use crate::collect;
use crate::process::{self, Backing};
use crate::record::{arena, fork, table};
use crate::recording;
use crate::snapshot::Backend;

/// The ending of a file's name that asks for a recording.
pub(super) const EXTENSION: &str = "mprof";

/// Where a recording is written at the end, on systems where it cannot be while the program runs.
static AT_EXIT: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Records from now on to the file that `pattern` stands for; returns its path.
///
/// What was counted before is part of it only where the process has one thread.
///
/// # Errors
/// When the file cannot be made.
pub(crate) fn begin(pattern: &Path, backend: Backend) -> io::Result<PathBuf> {
    let path = expanded(pattern)?;
    let Some(kind) = collect::kind(backend) else { return Ok(path) };
    let path = free(&path);
    let file = match Backing::create(&path) {
        Ok(file) => Box::leak(Box::new(file)),
        Err(error) if error.kind() == io::ErrorKind::Unsupported => {
            *AT_EXIT.lock().unwrap_or_else(PoisonError::into_inner) = Some(path.clone());
            return Ok(path);
        }
        Err(error) => return Err(error),
    };
    let describe = |process: &arena::Process| {
        process.describe(process::id(), kind, process::nanoseconds());
    };
    let _paused = sampler::pause();
    arena::record(file, program().as_bytes(), describe).map_err(|error| {
        let _ = fs::remove_file(&path);
        io::Error::from_raw_os_error(error)
    })?;
    table::record_texts();
    fork::watch();
    if is_alone() {
        arena::adopt();
    }
    Ok(path)
}

/// Whether no thread runs but the calling one and our own.
pub(crate) fn is_alone() -> bool {
    process::is_alone(sampler::threads() + super::listeners())
}

/// The recording is complete, if there is one.
pub(crate) fn close(backend: Backend) {
    if let Some(process) = arena::recorded() {
        let bytes = collect::process_bytes(backend);
        process.close(bytes.and_then(|bytes| i64::try_from(bytes).ok()));
    }
    // The lock is held for a moment only, by `begin`.
    let path = AT_EXIT.try_lock().ok().and_then(|mut path| path.take());
    if let Some(path) = path
        && let Err(error) = fs::write(&path, collect::image(backend, &program()))
    {
        super::warn(&format!("mem-profile: cannot write {}: {error}", path.display()));
    }
}

/// The command line.
fn program() -> String {
    let parts: Vec<_> = env::args_os().map(|part| part.to_string_lossy().into_owned()).collect();
    parts.join(" ")
}

fn expanded(pattern: &Path) -> io::Result<PathBuf> {
    match pattern.to_str() {
        Some(pattern) => Ok(output::path(pattern).into()),
        None => Err(io::Error::new(io::ErrorKind::InvalidInput, "the path is not in UTF-8")),
    }
}

/// `path`, or one beside it where a process that still runs, maybe this one, records to it.
fn free(path: &Path) -> PathBuf {
    let mut numbered = (1..).map(|number| {
        let mut name = path.file_stem().map_or_else(OsString::new, OsString::from);
        name.push(format!(".{number}.{EXTENSION}"));
        path.with_file_name(name)
    });
    let mut path = path.to_owned();
    while is_in_use(&path) {
        path = numbered.next().unwrap_or_default();
    }
    path
}

fn is_in_use(path: &Path) -> bool {
    // Before `exec`, this process may have been another program.
    recording::writer(path)
        .is_some_and(|writer| writer.is_running || writer.process == process::id())
}
