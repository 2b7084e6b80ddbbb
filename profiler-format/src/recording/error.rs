//! Why a recording cannot be read.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

/// The largest file that is read, in bytes.
pub const LARGEST: u64 = 4 << 30;

/// Why a recording cannot be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum RecordingError {
    /// The file cannot be read at all.
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        error: io::Error,
    },
    /// It is empty, or another kind of file.
    NotARecording,
    /// It was written by a version of mem-profile with another form of the file.
    Version {
        /// The version of the file.
        found: u32,
        /// The version that is read.
        expected: u32,
    },
    /// It was cut so short that even its beginning is incomplete.
    TooShort {
        /// Bytes that are there.
        found: u64,
    },
    /// It has contents that no process writes.
    Damaged {
        /// Where, in bytes from the beginning.
        at: u64,
        /// The damage.
        what: &'static str,
    },
    /// It is larger than [`LARGEST`].
    TooLarge {
        /// Its size in bytes.
        found: u64,
    },
}

impl fmt::Display for RecordingError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, error } => {
                write!(formatter, "cannot read {}: {error}", path.display())
            }
            Self::NotARecording => formatter.write_str(
                "this is not a recording of mem-profile; run the program with \
                 MEM_PROFILE_OUTPUT=run.mprof to make one",
            ),
            Self::Version { found, expected } => write!(
                formatter,
                "this recording has version {found} and is read by {expected} only; use the \
                 version of mem-profile that the program was built with"
            ),
            Self::TooShort { found } => write!(
                formatter,
                "this recording was cut short: the {found} bytes that are left hold no figures; \
                 record the run again"
            ),
            Self::Damaged { at, what } => write!(
                formatter,
                "this recording is damaged: {what} at byte {at}; record the run again"
            ),
            Self::TooLarge { found } => write!(
                formatter,
                "this file has {found} bytes and recordings are read up to {LARGEST}; measure fewer \
                 functions with MEM_PROFILE_FILTER"
            ),
        }
    }
}

impl Error for RecordingError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io { error, .. } => Some(error),
            _ => None,
        }
    }
}
