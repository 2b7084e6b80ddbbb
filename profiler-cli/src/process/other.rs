//! Processes by the crate `sysinfo`, on systems without the `/proc` of Linux.

use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::path::Path;

use anyhow::{Result, bail};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

use super::{Backend, Reading};

/// The processes that are sampled.
pub(crate) struct ProcessTable {
    system: System,
    names: HashMap<u32, String>,
}

impl ProcessTable {
    pub(crate) fn new(_backend: Backend) -> Self {
        Self { system: System::new(), names: HashMap::new() }
    }

    /// The name of a process that was read.
    pub(crate) fn name(&self, id: u32) -> Option<&str> {
        self.names.get(&id).map(String::as_str)
    }

    /// The memory in use by a process.
    ///
    /// # Errors
    /// `NotFound` if it has ended or is not visible.
    pub(crate) fn read(&mut self, id: u32) -> io::Result<Reading> {
        let pid = Pid::from_u32(id);
        let what = ProcessRefreshKind::nothing().with_memory();
        self.system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, what);
        let process = self.system.process(pid).ok_or(ErrorKind::NotFound)?;
        let name = process.name().to_string_lossy();
        if self.names.get(&id).is_none_or(|known| *known != name) {
            self.names.insert(id, name.into_owned());
        }
        Ok(Reading { bytes: process.memory(), peak: None })
    }
}

/// Whether this system supports the backend.
pub(crate) fn check(backend: Backend) -> Result<()> {
    if backend != Backend::Rss {
        bail!("this system reports only the resident set: use --backend rss");
    }
    Ok(())
}

/// All visible processes, each with its parent.
pub(crate) fn parents() -> Vec<(u32, u32)> {
    let system = all(ProcessRefreshKind::nothing());
    let processes = system.processes().iter();
    processes.filter_map(|(id, it)| Some((id.as_u32(), it.parent()?.as_u32()))).collect()
}

/// The processes whose program has this name, the oldest first.
pub(crate) fn named(name: &str) -> Vec<u32> {
    let system = all(ProcessRefreshKind::nothing());
    let mut found: Vec<_> = system
        .processes()
        .values()
        .filter(|process| process.name().to_string_lossy().trim_end_matches(".exe") == name)
        .map(|process| (process.start_time(), process.pid().as_u32()))
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(_, id)| id).collect()
}

/// The command line of a process; `None` if it has none or cannot be read.
pub(crate) fn command_line(id: u32) -> Option<Vec<String>> {
    let system = all(ProcessRefreshKind::nothing().with_cmd(UpdateKind::Always));
    let words = system.process(Pid::from_u32(id))?.cmd();
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    (!words.is_empty()).then_some(words)
}

/// The file of the program that a process runs, which is only asked for accounts.
pub(crate) fn program(_id: u32) -> Option<std::path::PathBuf> {
    None
}

/// The files that a process has mapped into its memory, which this system does not report.
pub(crate) fn mapped_files(_id: u32) -> io::Result<Vec<std::path::PathBuf>> {
    Err(io::Error::other("this system does not report which files a process has mapped"))
}

/// The number of a process as it sees itself.
pub(crate) fn number_inside(id: u32) -> Option<u32> {
    Some(id)
}

/// The path of a file that a process knows by this one.
pub(crate) fn path_outside(_id: u32, path: &Path) -> std::path::PathBuf {
    path.to_owned()
}

fn all(what: ProcessRefreshKind) -> System {
    let mut system = System::new();
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
    system
}

/// Whether anybody has the file open for writing: here no file is memory of a process.
pub(crate) fn is_open_for_writing(_path: &Path) -> bool {
    false
}

/// How a process that listens captures its heap: none does here.
pub(crate) struct Capturing {
    pub(crate) pattern: String,
    pub(crate) folder: std::path::PathBuf,
}

/// # Errors
/// Always.
pub(crate) fn capturing(_id: u32) -> io::Result<Option<Capturing>> {
    Err(io::Error::other("heaps are captured on Linux only"))
}
