//! Writes results to standard output or a file, and messages to standard error.

use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use mem_profile_format::heap_layout;
use mem_profile_format::report::printable;

use crate::process;

/// First bytes of a recording.
pub(crate) const MAGIC: &[u8; 8] = b"memprof\0";

/// Where a result goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Standard output.
    Stdout,
    /// A file, which is replaced.
    File(PathBuf),
}

impl Target {
    /// Width in columns; `None` if unlimited.
    pub(crate) fn width(&self) -> Option<usize> {
        match self {
            Self::Stdout => {
                terminal_size::terminal_size_of(io::stdout()).map(|size| size.0.0.into())
            }
            Self::File(_) => None,
        }
    }

    /// Writes text for people. Colours are removed unless the target is a terminal that shows them.
    pub(crate) fn write_text(&self, text: &str) -> Result<()> {
        match self {
            Self::Stdout => to_stdout(anstream::stdout().write_all(text.as_bytes())),
            Self::File(_) => self.write(anstream::adapter::strip_str(text).to_string().as_bytes()),
        }
    }

    /// Writes bytes unchanged.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<()> {
        match self {
            Self::Stdout => {
                let mut stdout = io::stdout().lock();
                to_stdout(stdout.write_all(bytes).and_then(|()| stdout.flush()))
            }
            Self::File(path) => {
                let shown = path.display();
                if let Some(kind) = precious(path) {
                    bail!("{shown} is a {kind}, which would be overwritten: name another file");
                }
                let written = open(path).and_then(|mut file| file.write_all(bytes));
                ignore_broken_pipe(written).with_context(|| format!("cannot write {shown}"))?;
                status("wrote", &shown.to_string());
                Ok(())
            }
        }
    }

    /// Writes what may be too much for memory, piece by piece.
    pub(crate) fn write_with(
        &self,
        write: impl Fn(&mut dyn Write) -> io::Result<()>,
    ) -> Result<()> {
        let buffered = |out: &mut dyn Write| {
            let mut out = BufWriter::new(out);
            write(&mut out).and_then(|()| out.flush())
        };
        match self {
            Self::Stdout => to_stdout(buffered(&mut io::stdout().lock())),
            Self::File(path) => {
                let shown = path.display();
                let written = create(path).and_then(|mut file| buffered(&mut file));
                ignore_broken_pipe(written).with_context(|| format!("cannot write {shown}"))?;
                status("wrote", &shown.to_string());
                Ok(())
            }
        }
    }

    /// Writes binary data, but not to a terminal.
    pub(crate) fn write_binary(&self, bytes: &[u8]) -> Result<()> {
        self.refuse_terminal()?;
        self.write(bytes)
    }

    /// # Errors
    /// If the target is a terminal, for which binary data is not meant.
    pub(crate) fn refuse_terminal(&self) -> Result<()> {
        if *self == Self::Stdout && io::stdout().is_terminal() {
            bail!("the result is binary, not text: use `--output FILE` or a pipe");
        }
        Ok(())
    }
}

/// Creates or empties a file, unless it is a recording or a captured heap.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    if let Some(kind) = precious(path) {
        return Err(io::Error::other(format!("it is a {kind}, which would be overwritten")));
    }
    open(path)
}

/// Opens `path` for writing, or creates it. A regular file is emptied, unless this process has it open
/// already, as `/dev/stdout`. Pipes and devices are never replaced.
fn open(path: &Path) -> io::Result<File> {
    process::own_file(path).map_or_else(|| File::create(path), Ok)
}

/// Whether `path` is a recording.
pub(crate) fn is_recording(path: &Path) -> bool {
    start_of(path) == Some(*MAGIC)
}

/// The kind of a file that is not replaced. A running program has a recording mapped as memory, and this process a
/// captured heap: truncating it would kill them.
fn precious(path: &Path) -> Option<&'static str> {
    const HEAP: [u8; 8] = heap_layout::MAGIC.to_le_bytes();
    match start_of(path)? {
        start if start == *MAGIC => Some("recording"),
        HEAP => Some("captured heap"),
        _ => None,
    }
}

/// The first bytes of a regular file. Opening a pipe would block until it has a writer.
fn start_of(path: &Path) -> Option<[u8; 8]> {
    let mut start = [0; 8];
    let mut file = Some(path).filter(|path| is_file(path)).map(File::open)?.ok()?;
    file.read_exact(&mut start).ok()?;
    Some(start)
}

/// Whether `path` is a regular file, or a link to one.
pub(crate) fn is_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file())
}

/// A reader that closes the pipe early, as `head` does, is no error.
fn ignore_broken_pipe(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Prints text for people, of a command that goes on. Returns whether anybody reads it.
pub(crate) fn print(text: &str) -> Result<bool> {
    let mut out = anstream::stdout();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        result => result.map(|()| true).context("cannot write to standard output"),
    }
}

fn to_stdout(result: io::Result<()>) -> Result<()> {
    ignore_broken_pipe(result).context("cannot write to standard output")
}

/// Prints one line to standard error: `kind: message`. Control characters are escaped.
pub(crate) fn status(kind: &str, message: &str) {
    let color = if kind == "error" { "\u{1b}[1;31m" } else { "\u{1b}[1m" };
    let message = one_line(message);
    let _ = writeln!(anstream::stderr(), "{color}{kind}:\u{1b}[0m {message}");
}

/// Joins lines, since some parsers report errors of several lines.
pub(crate) fn one_line(message: &str) -> String {
    printable(&message.replace(['\n', '\r'], " "))
}

/// Writes complete lines to standard error unchanged.
pub(crate) fn write_stderr(lines: &str) {
    let _ = io::stderr().write_all(lines.as_bytes());
}
