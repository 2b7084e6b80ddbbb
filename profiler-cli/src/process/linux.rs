//! Processes by `/proc`.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{Backend, Reading};

const KIB: u64 = 1024;

/// Missing in the crate `libc`.
const F_SETSIG: libc::c_int = 10;

/// Buffer size: `status` is always shorter.
const STATUS: usize = 8 * KIB as usize;

/// The processes that are sampled.
pub(crate) struct ProcessTable {
    backend: Backend,
    /// Their `status` files, kept open: an open one never refers to a later process with the same id.
    status: HashMap<u32, File>,
    names: HashMap<u32, Name>,
    text: Vec<u8>,
}

/// The name of a process.
struct Name {
    /// As the kernel has it: at most 15 bytes.
    short: Vec<u8>,
    whole: String,
}

impl ProcessTable {
    pub(crate) fn new(backend: Backend) -> Self {
        let (status, names) = Default::default();
        Self { backend, status, names, text: vec![0; STATUS] }
    }

    /// The name of a process that was read: the file name of its program, or the name that it gave itself.
    pub(crate) fn name(&self, id: u32) -> Option<&str> {
        self.names.get(&id).map(|name| name.whole.as_str())
    }

    /// The memory in use by a process.
    ///
    /// # Errors
    /// `NotFound` if it has ended, else the error of the system.
    pub(crate) fn read(&mut self, id: u32) -> io::Result<Reading> {
        let reading = self.read_status(id);
        if reading.is_err() {
            self.status.remove(&id);
            self.names.remove(&id);
        }
        let reading = reading?;
        let private = match self.backend {
            Backend::Rss => return Ok(reading),
            Backend::Pss => sum_of(id, &["Pss:"]),
            Backend::Uss => sum_of(id, &["Private_Clean:", "Private_Dirty:", "Private_Hugetlb:"]),
        };
        Ok(Reading { bytes: private?, peak: None })
    }

    fn read_status(&mut self, id: u32) -> io::Result<Reading> {
        let file = match self.status.entry(id) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(File::open(format!("/proc/{id}/status"))?)
            }
        };
        let length = file.read_at(&mut self.text, 0).map_err(ended)?;
        let text = &self.text[..length];
        // A zombie has no memory any more, and a kernel thread never has any.
        let bytes = field(text, b"VmRSS:").ok_or(ErrorKind::NotFound)?;
        let reading = Reading { bytes, peak: field(text, b"VmHWM:") };
        let short = line(text, b"Name:").unwrap_or_default().trim_ascii();
        if self.names.get(&id).is_none_or(|name| name.short != short) {
            self.names.insert(id, Name { short: short.to_vec(), whole: whole_name(id, short) });
        }
        Ok(reading)
    }
}

/// A process that ends while it is read counts as not found.
fn ended(error: io::Error) -> io::Error {
    if error.raw_os_error() == Some(libc::ESRCH) { ErrorKind::NotFound.into() } else { error }
}

/// The kernel cuts a name after 15 bytes. If the command line has the rest, so does the result.
fn whole_name(id: u32, short: &[u8]) -> String {
    let words = command_line(id).filter(|_| short.len() == 15);
    let program = words.and_then(|it| Some(it.first()?.rsplit('/').next()?.to_owned()));
    let whole = program.filter(|it| it.as_bytes().starts_with(short));
    whole.unwrap_or_else(|| String::from_utf8_lossy(short).into_owned())
}

/// The rest of a line.
fn line<'a>(text: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    text.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(name))
}

/// A field in KiB, as bytes.
fn field(text: &[u8], name: &[u8]) -> Option<u64> {
    let line = line(text, name)?;
    let number = str::from_utf8(line).ok()?.trim().strip_suffix("kB")?;
    number.trim_end().parse::<u64>().ok().map(|kib| kib * KIB)
}

/// Sums fields of `smaps_rollup`. The kernel walks the page tables for it, which takes time.
fn sum_of(id: u32, names: &[&str]) -> io::Result<u64> {
    let text = fs::read(format!("/proc/{id}/smaps_rollup")).map_err(ended)?;
    Ok(names.iter().filter_map(|name| field(&text, name.as_bytes())).sum())
}

/// Whether this system supports the backend.
#[expect(clippy::unnecessary_wraps, reason = "other systems cannot")]
pub(crate) fn check(_backend: Backend) -> Result<()> {
    Ok(())
}

/// All visible processes, each with its parent.
pub(crate) fn parents() -> Vec<(u32, u32)> {
    let parent = |id: u32| {
        let stat = fs::read(format!("/proc/{id}/stat")).ok()?;
        // State and parent follow the name, which is in parentheses and may contain some.
        let end = stat.iter().rposition(|byte| *byte == b')')?;
        str::from_utf8(&stat[end + 1..]).ok()?.split_whitespace().nth(1)?.parse().ok()
    };
    ids().filter_map(|id| Some((id, parent(id)?))).collect()
}

fn ids() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten();
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

/// The processes whose program has this name, the oldest first.
pub(crate) fn named(name: &str) -> Vec<u32> {
    let program = |id: u32| {
        let line = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        let path = line.split(|byte| *byte == 0).next().unwrap_or_default();
        String::from_utf8_lossy(path).rsplit('/').next().unwrap_or_default().to_owned()
    };
    // `comm` has only 15 bytes, but it is the name of a script rather than its interpreter.
    let short = |id: u32| fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
    // Threads of the system have no program.
    let is_named = |id: &u32| program(*id) == name || short(*id).trim_end() == name;
    let mut found: Vec<_> = ids().filter(|id| !name.is_empty() && is_named(id)).collect();
    found.sort_unstable();
    found
}

/// The command line of a process; `None` if it has none or cannot be read.
pub(crate) fn command_line(id: u32) -> Option<Vec<String>> {
    let line = fs::read(format!("/proc/{id}/cmdline")).ok()?;
    let line = line.strip_suffix(b"\0").unwrap_or(&line);
    let words = line.split(|byte| *byte == 0).map(|it| String::from_utf8_lossy(it).into_owned());
    (!line.is_empty()).then(|| words.collect())
}

/// The file of the program that a process runs, if that may be read. It may have been replaced since.
pub(crate) fn program(id: u32) -> Option<PathBuf> {
    let path = fs::read_link(format!("/proc/{id}/exe")).ok()?;
    let path = path.to_string_lossy();
    Some(path.strip_suffix(" (deleted)").unwrap_or(&path).into())
}

/// The files that a process has mapped into its memory.
///
/// # Errors
/// The error of the system.
pub(crate) fn mapped_files(id: u32) -> io::Result<Vec<std::path::PathBuf>> {
    let maps = fs::read_to_string(format!("/proc/{id}/maps"))?;
    // Five fields, then blanks and the path, which may contain blanks.
    let paths = maps.lines().filter_map(|line| line.split_once(" /").map(|(_, path)| path));
    let mut paths: Vec<_> = paths.map(|path| format!("/{path}").into()).collect();
    paths.sort();
    paths.dedup();
    Ok(paths)
}

/// The number of a process as it sees itself: another one in a container.
pub(crate) fn number_inside(id: u32) -> Option<u32> {
    let status = fs::read(format!("/proc/{id}/status")).ok()?;
    let numbers = str::from_utf8(line(&status, b"NSpid:")?).ok()?;
    numbers.split_ascii_whitespace().next_back()?.parse().ok()
}

/// The path of a file that a process knows by this one: it may be in a container.
pub(crate) fn path_outside(id: u32, path: &Path) -> PathBuf {
    let root = PathBuf::from(format!("/proc/{id}/root"));
    let inside = path.strip_prefix("/").map(|path| root.join(path));
    // Who may not look into the process has its root in most cases.
    inside.ok().filter(|path| path.exists()).unwrap_or_else(|| path.to_owned())
}

/// Whether anybody has the file open for writing, or mapped: in another container too, whose
/// processes have numbers of their own. Then the system grants no lease on reading it.
pub(crate) fn is_open_for_writing(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    let descriptor = file.as_raw_fd();
    // SAFETY: the descriptor is open. Opening the file meanwhile breaks the lease, of which this
    // process hears by this signal, which is ignored by default.
    unsafe {
        libc::fcntl(descriptor, F_SETSIG, libc::SIGURG);
        if libc::fcntl(descriptor, libc::F_SETLEASE, libc::F_RDLCK) == 0 {
            libc::fcntl(descriptor, libc::F_SETLEASE, libc::F_UNLCK);
            return false;
        }
    }
    io::Error::last_os_error().raw_os_error() == Some(libc::EAGAIN)
}

/// How a process that listens captures its heap.
pub(crate) struct Capturing {
    /// The path in its environment, relative to [`Self::folder`].
    pub(crate) pattern: String,
    /// Its current folder.
    pub(crate) folder: PathBuf,
}

/// How a process captures its heap; `None` if no thread of it waits to be asked.
///
/// # Errors
/// `NotFound` if there is no such process, or that of the system.
pub(crate) fn capturing(id: u32) -> io::Result<Option<Capturing>> {
    /// The name of the thread that waits.
    const THREAD: &str = "heap-capture\n";
    let process = Path::new("/proc").join(id.to_string());
    let is_waiting = |task: &fs::DirEntry| {
        fs::read_to_string(task.path().join("comm")).is_ok_and(|name| name == THREAD)
    };
    if !fs::read_dir(process.join("task"))?.filter_map(Result::ok).any(|task| is_waiting(&task)) {
        return Ok(None);
    }
    let environment = fs::read(process.join("environ"))?;
    let pattern = environment
        .split(|byte| *byte == 0)
        .find_map(|variable| variable.strip_prefix(b"MEM_PROFILE_GRAPH="));
    let pattern = pattern.map(|pattern| String::from_utf8_lossy(pattern).into_owned());
    let folder = fs::read_link(process.join("cwd"))?;
    Ok(pattern.map(|pattern| Capturing { pattern, folder }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &[u8] =
        b"Name:\tVmRSS: 7 kB\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\nThreads:\t1\n";

    #[test]
    fn fields_are_read_at_the_start_of_a_line() {
        assert_eq!(field(SAMPLE, b"VmRSS:"), Some(1 << 20));
        assert_eq!(field(SAMPLE, b"VmHWM:"), Some(2 << 20));
        assert_eq!(field(SAMPLE, b"Threads:"), None);
        assert_eq!(field(SAMPLE, b"VmSwap:"), None);
    }

    #[test]
    fn this_process_can_be_read() {
        let id = std::process::id();
        for backend in [Backend::Rss, Backend::Pss, Backend::Uss] {
            let reading = ProcessTable::new(backend).read(id).unwrap();
            assert!(reading.bytes > 100 * KIB, "{reading:?}");
            assert_eq!(reading.peak.is_some(), backend == Backend::Rss);
        }
        assert!(parents().contains(&(id, std::os::unix::process::parent_id())));
        assert!(command_line(id).is_some_and(|words| words[0].contains("cargo_mem_profile")));
    }

    #[test]
    fn a_file_that_is_open_for_writing_is_seen() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(is_open_for_writing(file.path()));
        let path = file.into_temp_path();
        assert!(!is_open_for_writing(&path));
    }

    #[test]
    fn a_missing_process_is_not_found() {
        let error = ProcessTable::new(Backend::Rss).read(u32::MAX).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}
