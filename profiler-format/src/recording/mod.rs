//! Recordings: what a run leaves behind in a file, however it ended.
//!
//! Owns the way from the bytes of a recording to a snapshot. It never believes a word before it is checked, never
//! changes a file, and knows nothing of how figures are counted.
//!
//! The file is the memory in which the run has counted. So a recording is read in the same way
//! while its process runs, after the process has ended, and after it was killed. The reports of a process
//! on itself are made by this reader too.
//!
//! ```no_run
//! use std::path::Path;
//! use mem_profile_format::recording::Recording;
//!
//! let recording = Recording::open(Path::new("run.mprof"))?;
//! if let Some(banner) = recording.banner() {
//!     eprintln!("{banner}");
//! }
//! for function in &recording.snapshot.functions {
//!     println!("{}: {} calls", function.name, function.calls);
//! }
//! # Ok::<(), mem_profile_format::recording::RecordingError>(())
//! ```

mod blocks;
mod error;
mod held;
#[cfg(test)]
mod image;
#[cfg(test)]
mod large;
mod peaks;
mod process_memory;
mod sums;
mod tables;
mod timeline;
mod writer;

pub use self::error::{LARGEST, RecordingError};
pub use self::process_memory::{ProcessMemory, name_of_none};
pub use self::writer::{Identity, set_open_check};

use std::fmt;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use self::blocks::Blocks;
use crate::layout;
use crate::snapshot::Snapshot;

/// Version of the form of the file. It is read by the same version only.
pub const VERSION: u32 = layout::VERSION;

/// The recording of one process.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recording {
    /// The figures.
    pub snapshot: Snapshot,
    /// Command line of the program, its parts separated by blanks.
    pub program: String,
    /// Number of the process.
    pub process: u32,
    /// When the recording began.
    pub started: SystemTime,
    /// Whether all of it is there.
    pub state: State,
}

/// Whether a recording is all there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// The program has ended and closed the file: nothing is missing.
    Complete,
    /// The program still runs: these are the figures so far, its open lines included.
    Running,
    /// Something is missing or may be missing, for at least one reason.
    Incomplete(Vec<Reason>),
}

impl State {
    /// Whether nothing is missing.
    pub fn is_complete(&self) -> bool {
        *self == Self::Complete
    }
}

/// Why something may be missing in a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The process ended without closing it. The figures until then are there.
    Ended,
    /// The file could not grow: functions and threads that came later are missing, and the rest
    /// of a timeline.
    Full {
        /// The error of the system.
        error: String,
    },
    /// The file is shorter than it was when it was written.
    Truncated {
        /// Bytes that were written.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended => formatter.write_str(
                "the process ended without closing it: it was killed, aborted, or became another \
                 program",
            ),
            Self::Full { error } => write!(
                formatter,
                "the file could not grow ({error}): functions and threads that came later, and the \
                 rest of a timeline, are missing"
            ),
            Self::Truncated { expected, found } => {
                write!(formatter, "the file was cut short: {found} of {expected} bytes are left")
            }
        }
    }
}

impl Recording {
    /// Reads the recording at `path`, even while its process writes it.
    ///
    /// # Errors
    /// When the file cannot be read, is not a recording, has another version, or is so damaged that its
    /// figures would be wrong. A recording that was cut short is read as far as it goes: see
    /// [`Self::state`].
    pub fn open(path: &Path) -> Result<Self, RecordingError> {
        let open = || {
            let (bytes, metadata) = bytes_at(path)?;
            Self::of(&bytes, |writer| writer::is_written(writer, path, &metadata))
        };
        let recording = open()?;
        match recording.state {
            // The process may have ended after its file was read, and closed it.
            State::Incomplete(_) => open(),
            State::Complete | State::Running => Ok(recording),
        }
    }

    /// Reads the bytes of a recording, without a look at its process.
    ///
    /// # Errors
    /// As for [`Self::open`].
    pub fn read(bytes: &[u8]) -> Result<Self, RecordingError> {
        Self::of(bytes, |_| false)
    }

    fn of(
        bytes: &[u8],
        is_running: impl FnOnce(&Identity) -> bool,
    ) -> Result<Self, RecordingError> {
        let blocks = Blocks::find(bytes)?;
        let process = blocks.process();
        let writer = identity(&blocks);
        let started = Duration::from_nanos(process.word(layout::process::STARTED).max(0) as u64);
        let text = process.word(layout::process::TEXT);
        let text = process.texts(layout::process::SIZE, [text])?;
        let mut snapshot = tables::snapshot(&blocks)?;
        snapshot.timeline = timeline::timeline(&blocks)?;
        // The system notes its mark a few pages late.
        let sets = snapshot.timeline.iter().flat_map(|timeline| &timeline.samples);
        let sets = sets.filter_map(|sample| sample.resident).chain(snapshot.resident);
        let highest = sets.map(|set| set.bytes).max().unwrap_or(0);
        snapshot.resident_peak = snapshot.resident_peak.map(|peak| peak.max(highest));
        snapshot.notes.extend(snapshot.timeline.as_ref().and_then(timeline::note));
        Ok(Self {
            snapshot,
            program: text.map(|text| text.into_owned()).concat(),
            process: writer.id,
            started: UNIX_EPOCH + started,
            state: state(&blocks, || is_running(&writer)),
        })
    }

    /// The warning that belongs above every view of it; `None` if it is complete.
    #[must_use]
    pub fn banner(&self) -> Option<String> {
        match &self.state {
            State::Complete => None,
            State::Running => Some(format!(
                "mem-profile: process {} is still running; these are its figures so far",
                self.process
            )),
            State::Incomplete(reasons) => {
                let reasons: Vec<_> = reasons.iter().map(Reason::to_string).collect();
                Some(format!(
                    "mem-profile: this recording is incomplete: {}",
                    reasons.join("; moreover, ")
                ))
            }
        }
    }
}

/// The bytes of the file at a path, if that may be a recording.
fn bytes_at(path: &Path) -> Result<(Vec<u8>, Metadata), RecordingError> {
    let failed = |error| RecordingError::Io { path: path.to_owned(), error };
    let metadata = fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() && !metadata.is_dir() {
        // A pipe or a device might have no end.
        return Err(RecordingError::NotARecording);
    }
    if metadata.len() > LARGEST {
        return Err(RecordingError::TooLarge { found: metadata.len() });
    }
    let mut bytes = Vec::new();
    // The file may grow meanwhile, up to the largest size.
    let file = File::open(path).map_err(failed)?;
    file.take(LARGEST).read_to_end(&mut bytes).map_err(failed)?;
    Ok((bytes, metadata))
}

/// The kind of file at a path where a run might be recorded.
pub enum Found {
    /// Nothing, or a file that cannot be opened.
    Nothing,
    /// A recording that nobody writes to.
    Recording,
    /// A recording whose process still writes it, or wrote it before it became another program.
    Written {
        /// The number of the process.
        by: u32,
    },
    /// Something else, which must not be replaced.
    Foreign(&'static str),
}

/// Finds out what is at a path; `own` is the calling process.
pub fn look(path: &Path, own: &Identity) -> Found {
    // If the path leads nowhere, creating the file reports why.
    let Ok(metadata) = fs::metadata(path) else { return Found::Nothing };
    // Opening a pipe would wait for its writer.
    if !metadata.is_file() {
        let kind = if metadata.is_dir() { "a folder" } else { "a device, pipe or socket" };
        return Found::Foreign(kind);
    }
    let Some(beginning) = beginning(path) else { return Found::Foreign("a file of another kind") };
    // A damaged file was a recording once.
    let Ok(blocks) = Blocks::find(&beginning) else { return Found::Recording };
    if blocks.process().word(layout::process::CLOSED) == 1 {
        return Found::Recording;
    }
    let writer = identity(&blocks);
    if writer == *own || writer::is_written(&writer, path, &metadata) {
        return Found::Written { by: writer.id };
    }
    Found::Recording
}

/// The beginning of a recording; `None` if the file is none.
fn beginning(path: &Path) -> Option<Vec<u8>> {
    let mut beginning = Vec::new();
    File::open(path).ok()?.take(64 << 10).read_to_end(&mut beginning).ok()?;
    (blocks::word(&beginning, 0) == Some(layout::MAGIC)).then_some(beginning)
}

/// Whether a recording is at the path. Truncating it would kill a process that has it mapped.
pub fn is_recording(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file()) && beginning(path).is_some()
}

/// The process that has written it.
fn identity(blocks: &Blocks<'_>) -> Identity {
    let process = blocks.process();
    let half = |index| process.word(layout::process::BOOT + index * layout::WORD) as u64;
    Identity {
        id: process.word(layout::process::ID) as u32,
        start: process.word(layout::process::BIRTH),
        boot: u128::from(half(1)) << 64 | u128::from(half(0)),
        unique: process.word(layout::process::UNIQUE) as u64,
    }
}

fn state(blocks: &Blocks<'_>, is_running: impl FnOnce() -> bool) -> State {
    let process = blocks.process();
    let mut reasons = Vec::new();
    if let Some(expected) = blocks.expected_length() {
        reasons.push(Reason::Truncated { expected, found: blocks.length() });
    }
    let error = process.word(layout::process::ERROR);
    if error != 0 {
        let error = io::Error::from_raw_os_error(error as i32).to_string();
        reasons.push(Reason::Full { error });
    }
    let closed = process.word(layout::process::CLOSED) == 1;
    let running = !closed && is_running();
    if !closed && !running {
        reasons.insert(0, Reason::Ended);
    }
    match (reasons.is_empty(), running) {
        (false, _) => State::Incomplete(reasons),
        (true, true) => State::Running,
        (true, false) => State::Complete,
    }
}
