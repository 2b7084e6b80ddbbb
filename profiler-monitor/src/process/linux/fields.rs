//! Small text files of the system, read into one buffer.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The largest file read, `memory.stat`, has less than 4 KiB.
const LARGEST: usize = 16 << 10;

/// The text of one file at a time, in a buffer that is allocated once.
#[derive(Debug)]
pub(super) struct Fields {
    buffer: Box<[u8]>,
    length: usize,
}

impl Fields {
    pub(super) fn new() -> Self {
        Self { buffer: vec![0; LARGEST].into(), length: 0 }
    }

    /// Reads a file, whose end is cut if it is larger than any of the system's.
    pub(super) fn read(&mut self, path: &Path) -> io::Result<()> {
        self.length = 0;
        let mut file = File::open(path)?;
        while self.length < self.buffer.len() {
            match file.read(&mut self.buffer[self.length..]) {
                Ok(0) => break,
                Ok(count) => self.length += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ended(error)),
            }
        }
        Ok(())
    }

    pub(super) fn text(&self) -> &[u8] {
        &self.buffer[..self.length]
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.text().split(|&byte| byte == b'\n')
    }

    /// The rest of the line that begins with this word.
    pub(super) fn after(&self, word: &str) -> Option<&[u8]> {
        self.lines().find_map(|line| {
            let rest = line.strip_prefix(word.as_bytes())?;
            rest.first().is_some_and(|byte| b": \t=".contains(byte)).then(|| &rest[1..])
        })
    }

    /// The number behind a word.
    pub(super) fn number(&self, word: &str) -> Option<u64> {
        number(self.after(word)?)
    }

    /// The bytes of a line such as `VmRSS:   1234 kB`.
    pub(super) fn kibibytes(&self, word: &str) -> Option<u64> {
        self.number(word)?.checked_mul(1024)
    }
}

/// A process that ends while it is read counts as not found.
fn ended(error: io::Error) -> io::Error {
    const ESRCH: i32 = 3;
    if error.raw_os_error() == Some(ESRCH) { io::ErrorKind::NotFound.into() } else { error }
}

/// The number that a text begins with.
pub(super) fn number(text: &[u8]) -> Option<u64> {
    let text = text.trim_ascii_start();
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    str::from_utf8(&text[..end]).ok()?.parse().ok()
}
