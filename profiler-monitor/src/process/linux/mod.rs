//! Processes by `/proc`, and their control groups.

mod fields;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use self::fields::Fields;
use crate::limit::{Limit, LimitKind};
use crate::sample::Sample;

/// Reads one process. Files are opened each time, since a program may close all descriptors; memory is allocated only
/// when the process has moved to another control group.
#[derive(Debug)]
pub struct Reader {
    status: PathBuf,
    meminfo: PathBuf,
    text: Fields,
}

impl Reader {
    /// Of this process.
    #[must_use]
    pub fn of_self() -> Self {
        Self::at(Path::new("/"), "self")
    }

    /// Of the process with this number.
    #[must_use]
    pub fn of(process: u32) -> Self {
        Self::at(Path::new("/"), &process.to_string())
    }

    /// Of a process under another root folder, for tests.
    #[must_use]
    pub fn at(root: &Path, process: &str) -> Self {
        let proc = root.join("proc");
        Self {
            status: proc.join(process).join("status"),
            meminfo: proc.join("meminfo"),
            text: Fields::new(),
        }
    }

    /// Reads it at this moment.
    ///
    /// # Errors
    /// The error of the system: `NotFound` if there is no such process, or it has no memory any more.
    pub fn read(&mut self, at: Duration) -> io::Result<Sample> {
        self.text.read(&self.status)?;
        let resident = self.text.kibibytes("VmRSS").ok_or(io::ErrorKind::NotFound)?;
        let address_space = self.text.kibibytes("VmSize").unwrap_or(0);
        let limit = self.physical();
        Ok(Sample { at, resident, address_space, limit, ..Sample::default() })
    }

    fn physical(&mut self) -> Option<Limit> {
        self.text.read(&self.meminfo).ok()?;
        let bytes = self.text.kibibytes("MemTotal")?;
        Some(Limit { bytes, kind: LimitKind::Physical })
    }
}
