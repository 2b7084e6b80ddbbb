//! Systems whose processes are not read.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Duration;

use crate::process::ProcessStat;
use crate::sample::Sample;

const UNSUPPORTED: &str =
    "this system does not say how much memory a process may use: it takes Linux";

/// Reads one process.
#[derive(Debug)]
pub struct Reader(());

impl Reader {
    /// Of this process.
    #[must_use]
    pub fn of_self() -> Self {
        Self(())
    }

    /// Of the process with this number.
    #[must_use]
    pub fn of(_process: u32) -> Self {
        Self(())
    }

    /// Of a process under another root folder, for tests.
    #[must_use]
    pub fn at(_root: &Path, _process: &str) -> Self {
        Self(())
    }

    /// When it was started: not known here.
    #[must_use]
    pub fn started_at(&self) -> Option<Duration> {
        None
    }

    /// The folder of the own control group.
    #[must_use]
    pub fn group_folder(&self) -> Option<&Path> {
        None
    }

    /// Reads it at this moment.
    ///
    /// # Errors
    /// Always, on this system.
    pub fn read(&mut self, _at: Duration) -> io::Result<Sample> {
        Err(io::Error::new(ErrorKind::Unsupported, UNSUPPORTED))
    }
}

/// All processes: none is known here.
pub(crate) fn all() -> impl Iterator<Item = ProcessStat> {
    std::iter::empty()
}

pub(crate) fn resident(_id: u32) -> Option<(String, u64)> {
    None
}
