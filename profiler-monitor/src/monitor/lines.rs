//! The lines that hold the memory of the process: by the tracer where it runs, else by the lines of measured functions.

use std::io;
use std::path::Path;

use mem_profile_format::report::{Format, Style, render};
use mem_profile_runtime as runtime;
use mem_profile_trace as trace;

use crate::line::{Line, lines_of};

/// Why no line is known.
pub(super) const NO_LINES: &str = "no line is known: MEM_PROFILE_TRACE=sample names lines, or MEM_PROFILE_LIVE=on those of measured functions";

/// What holds the memory at one moment.
pub(super) enum Holders {
    /// By the tracer.
    Stacks(Box<trace::Snapshot>),
    /// By the lines of measured functions.
    Functions(Box<runtime::Snapshot>),
}

impl Holders {
    pub(super) fn take() -> Self {
        match trace::is_tracing() {
            true => Self::Stacks(Box::new(trace::snapshot())),
            false => Self::Functions(Box::new(runtime::snapshot())),
        }
    }

    /// What each line holds; `None` where nobody knows.
    pub(super) fn lines(&self) -> Option<Vec<Line>> {
        match self {
            Self::Stacks(snapshot) => {
                let lines = snapshot.lines().into_iter();
                Some(lines.map(|(frame, bytes)| of_frame(&frame, bytes)).collect())
            }
            Self::Functions(snapshot) => lines_of(snapshot),
        }
    }

    /// What a file of it is called in the end.
    pub(super) fn extension(&self) -> &'static str {
        match self {
            Self::Stacks(_) => "mtrace",
            Self::Functions(_) => "json",
        }
    }

    /// Writes it to a file, which `trace::Snapshot::load` or the command reads.
    pub(super) fn save(&self, path: &Path) -> io::Result<()> {
        match self {
            Self::Stacks(snapshot) => snapshot.save(path),
            Self::Functions(snapshot) => {
                std::fs::write(path, render(snapshot, Format::Json, &Style::default()))
            }
        }
    }
}

/// What each line holds; `None` where nobody knows.
#[cfg(feature = "prometheus")]
pub(super) fn lines() -> Option<Vec<Line>> {
    Holders::take().lines()
}

fn of_frame(frame: &trace::Frame, bytes: u64) -> Line {
    let site = match frame.file.as_str() {
        "" => frame.function.clone(),
        file => format!("{file}:{}", frame.line),
    };
    Line { site, function: frame.function.clone(), bytes, grown: 0 }
}
