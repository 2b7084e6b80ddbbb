//! Where results and words go: results to standard output or a file, everything else to standard
//! error.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use mem_profile_format::report::printable;

use crate::process;

/// What a recording begins with.
pub(crate) const MAGIC: &[u8; 8] = b"memprof\0";

/// Where a result goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Standard output.
    Stdout,
    /// A file, which is written anew.
    File(PathBuf),
}

impl Target {
    /// Columns available; `None` where nothing limits them.
    pub(crate) fn width(&self) -> Option<usize> {
        match self {
            Self::Stdout => {
                terminal_size::terminal_size_of(io::stdout()).map(|size| size.0.0.into())
            }
            Self::File(_) => None,
        }
    }

    /// Writes text for people. Its colours stay only where they are shown.
    pub(crate) fn write_text(&self, text: &str) -> Result<()> {
        match self {
            Self::Stdout => to_stdout(anstream::stdout().write_all(text.as_bytes())),
            Self::File(_) => self.write(anstream::adapter::strip_str(text).to_string().as_bytes()),
        }
    }

    /// Writes text for programs, as it is.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<()> {
        match self {
            Self::Stdout => {
                let mut stdout = io::stdout().lock();
                to_stdout(stdout.write_all(bytes).and_then(|()| stdout.flush()))
            }
            Self::File(path) => {
                let shown = path.display();
                if is_recording(path) {
                    bail!("{shown} is a recording, which would be overwritten: name another file");
                }
                let written = open(path).and_then(|mut file| file.write_all(bytes));
                ignore_broken_pipe(written).with_context(|| format!("cannot write {shown}"))?;
                status("wrote", &shown.to_string());
                Ok(())
            }
        }
    }

    /// Writes what no terminal can show.
    pub(crate) fn write_binary(&self, bytes: &[u8]) -> Result<()> {
        if *self == Self::Stdout && io::stdout().is_terminal() {
            bail!("the result is binary, not text: use `--output FILE` or a pipe");
        }
        self.write(bytes)
    }
}

/// Makes a file anew, unless that would lose a recording.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    if is_recording(path) {
        return Err(io::Error::other("it is a recording, which would be overwritten"));
    }
    open(path)
}

/// Opens what is at `path`, or makes a file. A regular file is emptied; pipes and devices stay where
/// they are, and a file that is open already, such as `/dev/stdout`, keeps what is in it.
fn open(path: &Path) -> io::Result<File> {
    process::own_file(path).map_or_else(|| File::create(path), Ok)
}

/// Whether there is a recording, which is the memory of its program while that runs: cutting it
/// short would end the program.
pub(crate) fn is_recording(path: &Path) -> bool {
    let mut start = [0; MAGIC.len()];
    // To open a pipe would be to wait for its writer.
    if !is_file(path) {
        return false;
    }
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start == *MAGIC
}

/// Whether that is a regular file, or leads to one.
pub(crate) fn is_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file())
}

/// A reader that has seen enough, as `head` has, is no failure.
fn ignore_broken_pipe(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

fn to_stdout(result: io::Result<()>) -> Result<()> {
    ignore_broken_pipe(result).context("cannot write to standard output")
}

/// Says one line on standard error, whatever names and texts of files are in it.
pub(crate) fn status(kind: &str, message: &str) {
    let color = if kind == "error" { "\u{1b}[1;31m" } else { "\u{1b}[1m" };
    let message = one_line(message);
    let _ = writeln!(anstream::stderr(), "{color}{kind}:\u{1b}[0m {message}");
}

/// The errors of some parsers go over several lines.
pub(crate) fn one_line(message: &str) -> String {
    printable(&message.replace(['\n', '\r'], " "))
}

/// Puts finished lines on standard error.
pub(crate) fn write_stderr(lines: &str) {
    let _ = io::stderr().write_all(lines.as_bytes());
}
