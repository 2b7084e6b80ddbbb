//! Files, pipes and devices that are read.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, Result};
use mem_profile_format::recording::LARGEST;

use crate::output::MAGIC;

/// As much as tells what it is.
const HEAD: u64 = 4 << 10;

/// Something that was opened, and of which only the beginning is read.
///
/// A pipe gives its bytes once, so nothing is opened a second time.
pub(crate) struct Input {
    source: File,
    head: Vec<u8>,
    /// Whether it is a file on a disk, which can be opened again.
    pub(crate) is_file: bool,
}

impl Input {
    /// # Errors
    /// If it cannot be read.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let open = || -> io::Result<Self> {
            let source = File::open(path)?;
            let is_file = source.metadata()?.is_file();
            let mut head = Vec::new();
            (&source).take(HEAD).read_to_end(&mut head)?;
            Ok(Self { source, head, is_file })
        };
        open().with_context(|| format!("cannot read {}", path.display()))
    }

    /// The first byte that is no white space; a space where there is nothing else.
    pub(crate) fn first_byte(&self) -> Option<u8> {
        let found = self.head.iter().find(|byte| !byte.is_ascii_whitespace());
        found.or(self.head.first()).copied()
    }

    /// Whether it is what a run has recorded to.
    pub(crate) fn is_recording(&self) -> bool {
        self.head.starts_with(MAGIC)
    }

    /// Whether it can be a text. Of what is none, as a device may be, the end is not waited for.
    pub(crate) fn is_text(&self) -> bool {
        !self.head.contains(&0)
    }

    /// The beginning alone.
    pub(crate) fn into_head(self) -> Vec<u8> {
        self.head
    }

    /// All of it.
    ///
    /// # Errors
    /// If it cannot be read, or has no end.
    pub(crate) fn into_bytes(self) -> io::Result<Vec<u8>> {
        let mut bytes = self.head;
        self.source.take(LARGEST).read_to_end(&mut bytes)?;
        if bytes.len() as u64 >= LARGEST {
            return Err(io::Error::other(format!("it is larger than {LARGEST} bytes")));
        }
        Ok(bytes)
    }
}
