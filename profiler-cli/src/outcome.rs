//! How a command ends, and the exit codes that say so.

use std::process::ExitCode;

/// How a command ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It did what it was asked for.
    Done,
    /// It did, and a limit is exceeded.
    Exceeded,
    /// It did what it could: figures are missing that had been recorded.
    Lossy,
    /// The program that it ran ended with this code.
    Program(u8),
}

impl Outcome {
    /// The exit code of the command.
    pub(crate) fn code(self) -> ExitCode {
        match self {
            Self::Done => ExitCode::SUCCESS,
            Self::Exceeded => ExitCode::from(3),
            Self::Lossy => ExitCode::from(FAILED),
            Self::Program(code) => ExitCode::from(code),
        }
    }
}

/// The exit code of a command that failed.
pub(crate) const FAILED: u8 = 125;
