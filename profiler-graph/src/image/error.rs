//! Why a capture cannot be read.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

use mem_profile_format::heap_layout::VERSION;

/// Why a capture cannot be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read at all.
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        error: io::Error,
    },
    /// It is empty, or another kind of file.
    NotACapture,
    /// It was written by a version of mem-profile with another form of the file.
    Version {
        /// The version of the file.
        found: u64,
    },
    /// It ends before its end mark.
    CutShort {
        /// Where the part begins that is not whole, in bytes from the beginning.
        at: u64,
    },
    /// It has contents that no process writes.
    Damaged {
        /// Where, in bytes from the beginning.
        at: u64,
        /// The damage.
        what: &'static str,
    },
    /// It has more blocks or edges than can be numbered.
    TooLarge,
}

impl fmt::Display for LoadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, error } => {
                write!(formatter, "cannot read {}: {error}", path.display())
            }
            Self::NotACapture => {
                formatter.write_str("this is not a captured heap of mem-profile (.mheap)")
            }
            Self::Version { found } => write!(
                formatter,
                "this capture has version {found} and is read by {VERSION} only; use the version of \
                 mem-profile that the program was built with"
            ),
            Self::CutShort { at } => write!(
                formatter,
                "this capture was cut short: the part at byte {at} is not whole; capture again"
            ),
            Self::Damaged { at, what } => {
                write!(formatter, "this capture is damaged: {what} at byte {at}; capture again")
            }
            Self::TooLarge => {
                formatter.write_str("this capture has more than 4,294,967,294 blocks or edges")
            }
        }
    }
}

impl Error for LoadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io { error, .. } => Some(error),
            _ => None,
        }
    }
}
