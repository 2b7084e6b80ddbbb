//! Reads files, pipes and devices.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, Result};
use mem_profile_format::recording::LARGEST;

use crate::output::MAGIC;

/// Enough bytes to recognize a format.
const HEAD: u64 = 4 << 10;

/// An open input, of which only the beginning has been read.
///
/// It is opened only once, since a pipe can be read only once.
pub(crate) struct Input {
    source: File,
    head: Vec<u8>,
    /// Whether it is a regular file, which can be opened again.
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

    /// The first byte that is not white space; white space if there is nothing else.
    pub(crate) fn first_byte(&self) -> Option<u8> {
        let found = self.head.iter().find(|byte| !byte.is_ascii_whitespace());
        found.or(self.head.first()).copied()
    }

    /// Whether it begins like a recording.
    pub(crate) fn is_recording(&self) -> bool {
        self.head.starts_with(MAGIC)
    }

    /// Whether it may be text. Binary input is not read further: a device may have no end.
    pub(crate) fn is_text(&self) -> bool {
        !self.head.contains(&0)
    }

    /// Only the beginning.
    pub(crate) fn into_head(self) -> Vec<u8> {
        self.head
    }

    /// The whole input.
    ///
    /// # Errors
    /// If it cannot be read, or is too large.
    pub(crate) fn into_bytes(mut self) -> io::Result<Vec<u8>> {
        self.bytes()?;
        Ok(self.head)
    }

    /// The whole input, which can be had again.
    ///
    /// # Errors
    /// If it cannot be read, or is too large.
    pub(crate) fn bytes(&mut self) -> io::Result<&[u8]> {
        (&self.source).take(LARGEST).read_to_end(&mut self.head)?;
        if self.head.len() as u64 >= LARGEST {
            return Err(io::Error::other(format!("it is larger than {LARGEST} bytes")));
        }
        Ok(&self.head)
    }
}
