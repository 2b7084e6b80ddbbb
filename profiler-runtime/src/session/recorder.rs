//! Where a run is recorded.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use mem_profile_format::Backend;
use mem_profile_format::layout::process::{ANOTHER, GLIBC};
use mem_profile_format::recording::{self, Found};

use super::options::options;
use super::values::{EXTENSION, Live};
use super::warning::warn;
use super::{output, sampler};
use crate::collect;
use crate::process::{self, Backing};
use crate::record::alloc::wrapped::is_wrapping_seen;
use crate::record::fork;
use crate::record::function::registry;
use crate::record::ledger::kind::Kind;
use crate::record::ledger::published;
use crate::record::live::switch;
use crate::record::memory::process_block::Process;
use crate::record::memory::{arena, outside};

/// Where a recording is written at the end: on systems where it cannot be while the program runs, and
/// beside the command's.
static AT_EXIT: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Records from now on to the file that `pattern` stands for; returns its path.
///
/// Earlier counts are part of the recording only if the process has one thread.
///
/// # Errors
/// When the file cannot be made.
pub(crate) fn begin(pattern: &Path, backend: Backend) -> io::Result<PathBuf> {
    let path = expanded(pattern)?;
    let Some(kind) = collect::kind(backend) else { return Ok(path) };
    begin_at(free(&path)?, kind)
}

/// Whether the recording is the command's own.
static IS_OF_COMMAND: AtomicBool = AtomicBool::new(false);

/// Records to a file of the command's, unless another process does: a child of the program, maybe.
pub(crate) fn begin_for_command(path: &Path, backend: Backend) {
    let is_free =
        || matches!(recording::look(path, &process::identity()), Found::Nothing | Found::Recording);
    if let Some(kind) = collect::kind(backend).filter(|_| is_free()) {
        IS_OF_COMMAND.store(begin_at(path.to_owned(), kind).is_ok(), Relaxed);
    }
}

/// Whether the process is recorded to a file of the command's alone.
pub(crate) fn is_for_command() -> bool {
    arena::recorded().is_some() && IS_OF_COMMAND.load(Relaxed)
}

/// Writes the recording at the end to the file that `pattern` stands for as well; returns its path.
///
/// # Errors
/// When the path is not UTF-8, or something else than a recording is there.
pub(crate) fn copy_at_exit(pattern: &Path) -> io::Result<PathBuf> {
    let path = free(&expanded(pattern)?)?;
    *AT_EXIT.lock().unwrap_or_else(PoisonError::into_inner) = Some(path.clone());
    IS_OF_COMMAND.store(false, Relaxed);
    Ok(path)
}

fn begin_at(path: PathBuf, kind: Kind) -> io::Result<PathBuf> {
    let file = match Backing::create(&path) {
        Ok(file) => process::keep(file).ok_or(io::ErrorKind::OutOfMemory)?,
        Err(error) if error.kind() == io::ErrorKind::Unsupported => {
            *AT_EXIT.lock().unwrap_or_else(PoisonError::into_inner) = Some(path.clone());
            return Ok(path);
        }
        Err(error) => return Err(error),
    };
    let describe = |process: &Process| {
        process.describe(&process::identity(), kind as i64, process::nanoseconds());
        published::describe(process);
        outside::describe(process);
        let is_glibc = process::IS_GLIBC && !is_wrapping_seen();
        process.allocator.set(if is_glibc { GLIBC } else { ANOTHER });
    };
    let _paused = sampler::pause();
    arena::record(file, program().as_bytes(), describe).map_err(|error| {
        let _ = fs::remove_file(&path);
        io::Error::from_raw_os_error(error)
    })?;
    registry::record_texts();
    fork::watch();
    if is_alone() {
        arena::adopt();
    } else if switch::is_on() && options().live == Live::On {
        warn(&format!(
            "mem-profile: MEM_PROFILE_LIVE=on has no effect on {}: other threads ran when it began; \
             call `record_to` first thing in `main`",
            path.display()
        ));
    }
    Ok(path)
}

/// Whether no thread runs but the calling one and our own.
pub(crate) fn is_alone() -> bool {
    process::is_alone(sampler::threads() + listeners() + process::shared_threads())
}

/// How many threads of the profiler's own wait for signals.
fn listeners() -> usize {
    #[cfg(feature = "signals")]
    return super::signals::listeners();
    #[cfg(not(feature = "signals"))]
    return 0;
}

/// The recording is complete, if there is one.
pub(crate) fn close(backend: Backend) {
    switch::note_now();
    if let Some(process) = arena::recorded() {
        let resident = collect::resident_set(backend, true);
        process.close(collect::process_bytes(backend), collect::resident_peak(), resident);
    }
    // The lock is held for a moment only, by `begin`.
    let path = AT_EXIT.try_lock().ok().and_then(|mut path| path.take());
    if let Some(path) = path
        && let Err(error) = fs::write(&path, collect::image(backend, &program()))
    {
        warn(&format!("mem-profile: cannot write {}: {error}", path.display()));
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

/// The file to record to, where nothing or a finished recording is: `path`, or a file beside it
/// where a process that still runs, maybe this one, records to that.
///
/// # Errors
/// If something else is there, which would be lost.
fn free(path: &Path) -> io::Result<PathBuf> {
    let own = process::identity();
    let look = |path: &Path| recording::look(path, &own);
    match look(path) {
        Found::Foreign(what) => Err(foreign(what)),
        // A link stays, whatever it leads to.
        Found::Nothing | Found::Recording => Ok(followed(path)),
        Found::Written { by } => {
            let path = followed(path);
            let is_free = |path: &PathBuf| matches!(look(path), Found::Nothing | Found::Recording);
            let free = numbered(&path).find(is_free).unwrap_or_default();
            warn(&format!(
                "mem-profile: process {by} records to {}; recording to {}: %p in the path gives each \
                 process its own",
                path.display(),
                free.display()
            ));
            Ok(free)
        }
    }
}

fn foreign(what: &str) -> io::Error {
    let text = format!("{what} is there, no recording, and would be lost: name another file");
    io::Error::new(io::ErrorKind::AlreadyExists, text)
}

/// `run.1.mprof`, `run.2.mprof` and so on.
fn numbered(path: &Path) -> impl Iterator<Item = PathBuf> {
    (1..).map(|number| {
        let mut name = path.file_stem().map_or_else(OsString::new, OsString::from);
        name.push(format!(".{number}.{EXTENSION}"));
        path.with_file_name(name)
    })
}

/// The target of a symbolic link, even if nothing is there.
fn followed(path: &Path) -> PathBuf {
    /// As many as the system follows.
    const MOST: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..MOST {
        let Ok(target) = fs::read_link(&path) else { break };
        // An absolute one replaces all of it.
        path = path.parent().unwrap_or(Path::new("")).join(target);
    }
    path
}
